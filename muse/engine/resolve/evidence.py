"""What the history says of a conflict: how its path was settled before, and whose text is the other's past.

Everything is read from the local repository, within bounds: a few hundred merges, a few dozen versions of a file.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError

if TYPE_CHECKING:
    from muse.engine.resolve.candidates import Dispute
    from muse.store.repository import Repository

_MOST_MERGES = 300
_MOST_SETTLED = 20
_MOST_VERSIONS = 40
_LEAST_TEXT = 20  # bytes of a text that is known again


class Precedent(NamedTuple):
    """How often earlier merges that both parents changed a path in took one side of it whole, or neither."""

    ours: int = 0
    theirs: int = 0
    neither: int = 0

    @property
    def signs(self) -> set[str]:
        """What speaks for a side."""
        total = sum(self)
        for name, count in (("ours", self.ours), ("theirs", self.theirs)):
            if total and count == total:
                return {f"always {name} before" if total >= 3 else f"{name} before"}
        return {"by hand before"} if self.neither else set()


class History:
    """The history of both sides of a merge."""

    def __init__(self, repo: Repository, ours: str, theirs: str) -> None:
        self.repo = repo
        self.heads = ours, theirs
        self._merges: list[list[str]] | None = None
        self._base: str | None = None
        self._texts: dict[tuple[str, str], list[bytes]] = {}
        self.taken: Counter[str] = Counter()
        """What the conflicts of this merge became that are settled already."""

    def look_at_the_index(self) -> None:
        """Count the paths that both sides of a merge changed and that are settled as one side whole."""
        base = self._git("merge-base", *self.heads)
        mine, its = (self._changed("diff-tree", "-r", base, head) for head in self.heads) if base else ({}, {})
        now = self._changed("diff-index", "--cached", self.heads[0]) if mine and its else {}
        for path in mine.keys() & its.keys():
            left = now.get(path, mine[path])
            side = "ours" if left == mine[path] else "theirs" if left == its[path] else ""
            if side and mine[path] != its[path]:
                self.taken[side] += 1

    def _changed(self, *words: str) -> dict[bytes, bytes]:
        """Path -> the blob it has now, of what differs; zeros for what is unmerged or gone."""
        fields = self.repo.git(*words, "-z", "--no-renames", check=False).split(b"\0")
        heads = [head for head in fields[::2] if head.startswith(b":")]
        return {path: head.split()[3] for head, path in zip(heads, fields[1::2])}

    def precedent(self, path: str) -> Precedent:
        """How the path was settled in the merges before."""
        counts = [0, 0, 0]
        merges = self._merges_before()
        blobs = self._blobs([commit for merge in merges for commit in merge], path)
        for at, (_, first, second) in enumerate(merges):
            made, mine, its = blobs[3 * at : 3 * at + 3]
            if not (made and mine and its) or mine == its or sum(counts) >= _MOST_SETTLED:
                continue
            base = self._git("merge-base", first, second)
            before = self._blobs([base], path)[0] if base else ""
            if before and before not in (mine, its):
                counts[0 if made == mine else 1 if made == its else 2] += 1
        return Precedent(*counts)

    def superseded(self, dispute: Dispute) -> set[str]:
        """Which side once had the other's text and went on from it."""
        found = set()
        if self._base is None:
            self._base = self._git("merge-base", *self.heads)
        for name, head, text in (("ours", self.heads[0], dispute.theirs), ("theirs", self.heads[1], dispute.ours)):
            known = self._base and len(text.strip()) >= _LEAST_TEXT and text != dispute.base
            if known and any(text in version for version in self._versions(head, dispute.path)):
                found.add(f"{name} had the other's text and went on")
        return found

    def _versions(self, head: str, path: str) -> list[bytes]:
        """The texts a path had on the way from the base to a head, the head's own left out."""
        if (head, path) in self._texts:
            return self._texts[head, path]
        listing = self._git("rev-list", f"-n{_MOST_VERSIONS}", f"{self._base}..{head}", "--", f":(top,literal){path}")
        ids = {oid for oid in self._blobs(listing.split()[1:], path) if oid}
        texts = []
        for oid in sorted(ids):
            try:
                texts.append(self.repo.objects.blob(oid))
            except (KeyError, MuseError):
                continue
        self._texts = {key: known for key, known in self._texts.items() if key[1] == path} | {(head, path): texts}
        return texts

    def _merges_before(self) -> list[list[str]]:
        if self._merges is None:
            listing = self._git(
                "rev-list", "--parents", "--min-parents=2", "--max-parents=2", f"-n{_MOST_MERGES}", *self.heads
            )
            self._merges = [line.split() for line in listing.splitlines()]
        return self._merges

    def _blobs(self, commits: list[str], path: str) -> list[str]:
        """The ids of the path in commits, "" where one has no such file."""
        if not commits or "\n" in path:
            return [""] * len(commits)
        asked = b"".join(f"{commit}:".encode() + os.fsencode(path) + b"\n" for commit in commits)
        rows = [
            row.split() for row in self.repo.git("cat-file", "--batch-check", input=asked, check=False).splitlines()
        ]
        return [row[0].decode() if len(row) == 3 and row[1] == b"blob" else "" for row in rows]

    def _git(self, *words: str) -> str:
        return self.repo.git(*words, check=False).decode().strip()
