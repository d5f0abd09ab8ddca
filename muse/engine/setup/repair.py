"""What of Muse's data can be worked out again, worked out again: deltas from their trees, digests from their blobs.

Logs of live edits, content and provenance are nobody's to make up. What another clone wrote is that clone's to mend.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from muse.core.errors import MuseError

if TYPE_CHECKING:
    from muse.domain import PluginFor
    from muse.store.meta.union import Problem
    from muse.store.repository import Repository


def repair(repo: Repository, found: Iterable[Problem], plugin_for: PluginFor, *, domain: str) -> set[Problem]:
    """Mend what can be mended; the problems that are gone."""
    from muse.store import verify
    from muse.store.layout import own_ref
    from muse.store.writer import known_writer

    me = known_writer(repo)
    ours = None if me is None else own_ref("meta", me)
    mended = set()
    for problem in found:
        if problem.ref == verify.DIGESTS:
            verify.forget_digest(repo, problem.path)
            mended.add(problem)
        elif (
            problem.ref == ours
            and problem.path.startswith("deltas/")
            and _delta(repo, problem.path, plugin_for, domain)
        ):
            mended.add(problem)
    return mended


def _delta(repo: Repository, path: str, plugin_for: PluginFor, domain: str) -> bool:
    """Work a delta out again from the trees that its name says; False when they are not here."""
    from muse.engine.history.changes import between
    from muse.engine.history.diff import describe, made_by
    from muse.store.meta import deltas

    base, _, tree = path.rpartition("/")[2].removesuffix(".json").partition("-")
    try:
        found = between(repo, base, tree)
        delta = describe(repo, found, plugin_for, domain=domain)
        return deltas.save(repo, base, tree, delta, plugins=made_by(found, plugin_for))
    except (MuseError, KeyError):
        return False
