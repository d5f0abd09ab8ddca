"""Scores inside ZIP files: `.mxl` (MusicXML) and `.mscz` (MuseScore). Members nobody edits keep their bytes."""

from __future__ import annotations

import re

from muse.core.errors import FormatError
from muse.core.late import regex
from muse.core.xml_tree import parse, unescape
from muse.core.zip_members import ZipMembers, is_package

_ROOT = "META-INF/container.xml"
_SCORES = (".mscx", ".musicxml", ".xml")
_PATH = regex(rb"(\bfull-path\s*=\s*[\"'])([^\"']*[\"'])")


def _escaped(name: str) -> bytes:
    for each, entity in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("'", "&apos;")):
        name = name.replace(each, entity)
    return name.encode()


class Package(ZipMembers):
    """A ZIP file with a score in it: its members in order, and which of them is the score."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.root = self._find_root()

    def _find_root(self) -> str:
        if _ROOT in self.members:
            for path, leaf in parse(self.members[_ROOT]).leaves():
                name = leaf.get("full-path")
                kind = leaf.get("media-type")
                is_score = kind.endswith("musicxml+xml") or (not kind and name.endswith(_SCORES))
                if path.endswith("/rootfile") and name in self.members and is_score:
                    return name  # MuseScore 4 lists style, settings and pictures too, without saying what they are
        for name in self.members:
            if name.endswith(_SCORES[:2]) and "/" not in name:
                return name
        raise FormatError("a ZIP file without a score in it")

    def name_root(self, name: str) -> None:
        """Call the score as another version does: programs call it after the file, which is nobody's edit."""
        if name == self.root:
            return
        if name in self.members:
            raise FormatError("members of the package changed their names; save both sides under one name")
        old, self.root = self.root, name
        self.members = {name if each == old else each: data for each, data in self.members.items()}

        def renamed(found: re.Match[bytes]) -> bytes:
            return found[1] + _escaped(name) + found[2][-1:] if unescape(found[2][:-1].decode()) == old else found[0]

        if _ROOT in self.members:
            self.members[_ROOT] = _PATH.sub(renamed, self.members[_ROOT])

    @property
    def score(self) -> bytes:
        """The score's bytes."""
        return self.members[self.root]


__all__ = ["Package", "is_package"]
