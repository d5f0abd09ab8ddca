"""Files in which the last line whose pattern matches a path decides: Git's attributes, owners of code."""

from muse.plugins.code.languages.globs import may_meet
from muse.plugins.code.languages.table import Language


def takes_back(later: str, earlier: str) -> bool:
    """True when two patterns may be about one path."""
    return may_meet(later, earlier)


LANGUAGE = Language(
    name="attributes",
    lines=("", r"([^\s#]\S*)\s"),
    comment_line=(b"#", b""),
    overrides=takes_back,
)
