"""`.xml` says nothing about what is in a file: MusicXML is music, all else is markup for `code`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from muse.core.errors import FormatError
from muse.domain import Played
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.score.plugin import ScorePlugin

if TYPE_CHECKING:
    from muse.domain import DomainOp, Element, FileMerge

_ROOT = re.compile(rb"<([A-Za-z][^\s/>]*)")
_REMARK = re.compile(rb"<!--.*?-->", re.DOTALL)


def is_score(data: bytes) -> bool:
    """True for a document whose root is MusicXML's."""
    root = _ROOT.search(_REMARK.sub(b"", data[:4_000]))
    return root is not None and root[1] == b"score-partwise"


class XmlPlugin(CodePlugin):
    """The `code` domain for `.xml`, which hands scores to `score`."""

    score = ScorePlugin()

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Measure by measure where all versions are scores."""
        if all(is_score(side) for side in (base, ours, theirs) if side is not None):
            return self.score.merge_file(path, base, ours, theirs)
        return super().merge_file(path, base, ours, theirs)

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """Bars and notes, or elements."""
        both = is_score(old) and is_score(new)
        return self.score.diff_file(path, old, new) if both else super().diff_file(path, old, new)

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """Whole measures of a score, elements of other files."""
        return (
            self.score.patch_file(path, old, child_ops) if is_score(old) else super().patch_file(path, old, child_ops)
        )

    def open_file(self, path: str, data: bytes) -> Any:
        """The file kept open."""
        return self.score.open_file(path, data) if is_score(data) else super().open_file(path, data)

    def elements(self, path: str, data: bytes) -> list[Element]:
        """Measures of a score, elements of other files."""
        return self.score.elements(path, data) if is_score(data) else super().elements(path, data)

    def unreadable(self, path: str, data: bytes) -> str:
        """Why a score, or markup, cannot be read."""
        return self.score.unreadable(path, data) if is_score(data) else super().unreadable(path, data)

    def played(self, data: bytes, path: str) -> Played:
        """A score as music."""
        if not is_score(data):
            raise FormatError("no score")
        return self.score.played(data, path)

    def listing(self, data: bytes, path: str) -> str:
        """Bars and notes, or the text as it is."""
        return self.score.listing(data, path) if is_score(data) else data.decode("utf-8", "replace")
