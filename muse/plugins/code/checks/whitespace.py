"""White space that is content: in strings, and at the beginning of lines where it makes blocks.

The merge by token and by tree lets new formatting stand beside new content. Where white space is not formatting that
loses an edit, or makes a file that no longer runs; this looks at whole files, without a parser.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from muse.core.late import regex

_LITERAL = regex(
    rb'"""(?:[^\\]|\\.)*?"""'
    rb"|'''(?:[^\\]|\\.)*?'''"
    rb'|"(?:[^"\\\n]|\\.)*"'
    rb"|'(?:[^'\\\n]|\\.)*'"
    rb"|`(?:[^`\\]|\\.)*`",
    re.DOTALL,
)
_TABBED, _BLANK = regex(rb"^\t+[^\s#]", re.M), regex(rb"^ +[^\s#]", re.M)


def keeps_spaces(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """True when every string that differs from another one in white space alone is in `merged` as its side wrote it."""
    was, mine, its, made = (_literals(data) for data in (base, ours, theirs, merged))
    for side, other in ((mine, its), (its, mine)):
        for literal in side - was:
            if not made[literal] and any(
                _words(literal) == _words(one) for one in _missing(was, side) | other - was if one != literal
            ):
                return False
    return True


def mixes_indents(ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """True when lines begin with tabs and others with blanks, and in neither side do they."""
    return _mixed(merged) and not (_mixed(ours) or _mixed(theirs))


def _mixed(data: bytes) -> bool:
    return _TABBED.search(data) is not None and _BLANK.search(data) is not None


def _literals(data: bytes) -> Counter[bytes]:
    """The strings with white space in them, and how often each is there."""
    return Counter(literal for literal in _LITERAL.findall(data) if len(literal.split(None, 1)) > 1)


def _missing(was: Mapping[bytes, int], side: Mapping[bytes, int]) -> Counter[bytes]:
    return Counter(was) - Counter(side)


def _words(literal: bytes) -> bytes:
    return b"".join(literal.split())
