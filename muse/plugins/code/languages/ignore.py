"""Ignore files; a line that takes another one back (`!`) keeps its place."""

from muse.plugins.code.languages.globs import may_meet
from muse.plugins.code.languages.table import Language


def takes_back(later: str, earlier: str) -> bool:
    """True when a pattern ignores again what an earlier line (`!`) does not ignore."""
    return earlier.startswith("!") and not later.startswith("!") and may_meet(later, earlier)


LANGUAGE = Language(
    name="ignore",
    lines=("", r"([^!\s].*\S|[^!\s])\s*"),
    comment_line=(b"#", b""),
    overrides=takes_back,
)
