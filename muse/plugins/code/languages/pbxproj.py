"""Xcode's project.pbxproj: objects by id in their sections, settings by name; files and groups are sets."""

from muse.plugins.code.languages.table import Language, Nested

_TEXT = r"(?:\"(?:[^\"\\]|\\.)*\"|[^\s\"=;,(){}]+)"

LANGUAGE = Language(
    name="pbxproj",
    lines=("nested",),
    nested=Nested(
        key=rf"(\{{)(?= |$)|(/\* Begin \w+ section \*/|{_TEXT})(?: /\*.*?\*/)?\s*(?:=|$|(?<=\*/))",
        opens=r"[{(]$",
        commas=r"\($",
        free=r"\b(?:children|files|knownRegions|targets|package(?:References|ProductDependencies)"
        r"|(?:in|out)put(?:FileList)?Paths) = \($",
        begins=r"/\* Begin \w+ section \*/$",
        ends=r"/\* End \w+ section \*/$",
        ids=True,
    ),
    comment_line=(b"//", b""),
)
