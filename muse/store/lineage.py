"""Which commits contain which, asked of Git for many at once: a peer may have thousands of refs, and one question each
would take a process each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from muse.core.errors import MuseError

Item = TypeVar("Item")
Pair = tuple[str, str]
FEW = 4  # pairs that are asked one by one, which does not walk whole histories


class RunsGit(Protocol):
    """All that is needed of a repository here, so that the remote helper need not open one."""

    def git(
        self, *args: str, input: bytes | None = None, check: bool = True, seconds: float | None = None
    ) -> bytes: ...


def contained(repo: RunsGit, pairs: Iterable[Pair]) -> set[Pair]:
    """The pairs (tip, commit) where the commit is the tip or in its history; none of what cannot be read."""
    asked = list(dict.fromkeys(pairs))
    return {pair for part in chunks(asked) for pair in _contained(repo, part)}


def _contained(repo: RunsGit, pairs: Sequence[Pair]) -> set[Pair]:
    if len(pairs) <= FEW:
        return {(tip, commit) for tip, commit in pairs if _base(repo, tip, commit) == commit}
    try:
        said = repo.git("rev-list", "--topo-order", "--parents", "--stdin", input=_lines(sum(pairs, ())))
    except MuseError:  # of one a part is lost: the others can still be told
        middle = len(pairs) // 2
        return _contained(repo, pairs[:middle]) | _contained(repo, pairs[middle:])
    return _along(said.decode("ascii").splitlines(), pairs)


def _along(rows: Iterable[str], pairs: Sequence[Pair]) -> set[Pair]:
    """Go down a history, `<commit> <parents>` a row and children first, with a bit for each pair whose tip was met."""
    bits: dict[str, int] = {}
    wanted: dict[str, list[int]] = {}
    for at, (tip, commit) in enumerate(pairs):
        bits[tip] = bits.get(tip, 0) | 1 << at
        wanted.setdefault(commit, []).append(at)
    found = set()
    for row in rows:
        commit, *parents = row.split()
        held = bits.pop(commit, 0)
        found |= {pairs[at] for at in wanted.get(commit, ()) if held >> at & 1}
        for parent in parents:
            bits[parent] = bits.get(parent, 0) | held
    return found


def held_by_any(repo: RunsGit, commits: Collection[str], tips: Collection[str]) -> set[str]:
    """Those of the commits that one of the tips is or has in its history."""
    if not commits or not tips:
        return set()
    asked = _lines([*commits, *(f"^{tip}" for tip in tips)])
    return set(commits) - set(repo.git("rev-list", "--stdin", input=asked).decode("ascii").split())


def _base(repo: RunsGit, one: str, other: str) -> str:
    return repo.git("merge-base", one, other, check=False).decode("ascii", "replace").strip()


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Parts that fit on a command line."""
    return (items[at : at + 500] for at in range(0, len(items), 500))
