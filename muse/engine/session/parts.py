"""Deliveries of which a branch has a part only, file by file: what is missing of one, and the ops of that."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from muse.core.op_log import OpLog, in_spans, spans
from muse.engine.session.carriers import Files, left_out
from muse.engine.session.changes import changes
from muse.engine.session.evidence import paths_of

if TYPE_CHECKING:
    from muse.store.repository import Repository


def missing(
    repo: Repository,
    log: OpLog,
    told: Mapping[str, Any],
    became: Mapping[str, Mapping[str, Files]],
    has: Callable[[str], bool],
) -> frozenset[str] | None:
    """The files of a delivery that no commit carries which is there, as `has` says; None where none of it is."""
    commit = told["commit"]
    among = became.get(commit, {commit: None})
    there = {name for name in among if has(name)}
    if not there:
        return None
    if any(among[name] is None for name in there):
        return frozenset()
    return left_out(files_of(repo, log, told), among, there.__contains__)


def files_of(repo: Repository, log: OpLog, told: Mapping[str, Any]) -> frozenset[str]:
    """The files that the commit of a delivery changed, but for those whose ops were asked back; where it is not here,
    those its ops are about."""
    commit = told["commit"]
    if repo.objects.resolve(f"{commit}^{{commit}}") is not None:
        files = set(changes(repo, [commit]).get(commit, {}))
    else:
        files = {*paths_told(log, told)}
    return frozenset(files - set(told.get("without", ())))


def paths_told(log: OpLog, told: Mapping[str, Any]) -> frozenset[str]:
    """The files that the ops of a delivery are about, but for those it rejected."""
    view = log.replay([]).only(lambda row: in_spans(told["ops"], row) and row["op_id"] not in told["rejected"])
    return frozenset(path for entry in view.entries for path in paths_of(entry))


def ops_on(log: OpLog, told: Mapping[str, Any], files: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ops of a delivery on these files, as spans, and the others."""
    view = log.replay([]).only(lambda row: in_spans(told["ops"], row))
    about = {entry["op_id"] for entry in view.entries if not paths_of(entry).isdisjoint(files)}
    return (
        spans(row for row in view.rows if row["op_id"] in about),
        spans(row for row in view.rows if row["op_id"] not in about),
    )


def asked_back(
    log: OpLog, told: Mapping[str, Any], files: Collection[str] | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A delivery whose ops on these files (None: all) are wanted back, and what is left of it, if anything is."""
    if not files:
        return {**told, "back": True}, None
    wanted, others = ops_on(log, told, files)
    if not wanted or not others:
        return {**told, "back": True}, None
    rest = {**told, "ops": others, "without": sorted({*told.get("without", ()), *files})}
    return {**told, "id": os.urandom(8).hex(), "ops": wanted, "back": True}, rest


__all__ = ["asked_back", "files_of", "missing", "ops_on", "paths_told"]
