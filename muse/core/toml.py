"""TOML that anybody may have written: `tomllib` takes time and memory in the square of a dotted key's length."""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 100  # names in one dotted key
_LONG_KEY = re.compile(
    rf"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{DEEPEST}}}"""
)


def loads(text: str) -> dict[str, Any]:
    """The table; ValueError when it is no TOML, or deeper than anybody writes."""
    import tomllib  # only where there is such a file

    if text.count(".") >= DEEPEST and _LONG_KEY.search(text):
        raise ValueError(f"a dotted key has more than {DEEPEST} names")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
