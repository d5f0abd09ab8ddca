"""Which commits carry what a commit brought: itself, and whatever any clone found it rewritten as (`rewritten.py`).

One may carry a part: where a commit was taken away and a person made some of it again, each file counts for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from muse.core.op_log import OpLogCheckpoint

Files = frozenset[str] | None
"""Some files of a commit, None for all."""


def carriers(told: Iterable[OpLogCheckpoint]) -> dict[str, dict[str, Files]]:
    """By commit, all commits that any clone says it was rewritten as, those of those included, and which of its files
    each carries."""
    step: dict[str, dict[str, Files]] = {}
    for made in told:
        parts = made.get("carried", {})
        for commit, names in made.get("rewritten", {}).items():
            known = step.setdefault(commit, {})
            for name in names:
                files = parts.get(commit, {}).get(name)
                _more(known, name, None if files is None else frozenset(files))
    return {commit: _reached(commit, step) for commit in step}


def _reached(commit: str, step: Mapping[str, Mapping[str, Files]]) -> dict[str, Files]:
    there: dict[str, Files] = {commit: None}
    left: list[tuple[str, Files]] = [(commit, None)]
    while left:
        at, has = left.pop()
        for name, files in step.get(at, {}).items():
            both = files if has is None else has if files is None else has & files
            if _more(there, name, both):
                left.append((name, there[name]))
    return there


def _more(known: dict[str, Files], name: str, files: Files) -> bool:
    """Add to what a commit is known to carry; True where that is news."""
    was = known.get(name, frozenset())
    now = None if was is None or files is None else was | files
    known[name] = now
    return now != was


def left_out(files: Collection[str], among: Mapping[str, Files], has: Callable[[str], bool]) -> frozenset[str] | None:
    """Those of a commit's files that none of its carriers has which are there; None where no carrier is."""
    left, found = frozenset(files), False
    for name in (name for name in among if has(name)):
        part, found = among[name], True
        left = frozenset() if part is None else left - part
    return left if found else None
