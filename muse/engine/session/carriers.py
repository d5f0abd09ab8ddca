"""Which commits carry what a commit brought: itself, and whatever any clone found it rewritten as (`rewritten.py`)."""

from __future__ import annotations

from collections.abc import Iterable

from muse.core.op_log import OpLogCheckpoint


def carriers(told: Iterable[OpLogCheckpoint]) -> dict[str, set[str]]:
    """By commit, all commits that any clone says it was rewritten as, those of those included."""
    step: dict[str, set[str]] = {}
    for made in told:
        for commit, names in made.get("rewritten", {}).items():
            step.setdefault(commit, set()).update(names)
    found = {}
    for commit in step:
        there, left = {commit}, [commit]
        while left:
            for name in step.get(left.pop(), ()):
                if name not in there:
                    there.add(name)
                    left.append(name)
        found[commit] = there
    return found
