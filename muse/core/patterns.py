"""Which files a domain claims: globs on a file's name, or on its whole path where they have a slash."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any


def matches(path: str, patterns: Iterable[str]) -> bool:
    """True when a glob matches a file's name, or with a slash in it the whole path, in any case of letters."""
    whole = path.lower()
    base = whole.rsplit("/", 1)[-1]
    return any(fnmatchcase(whole if "/" in glob else base, glob.lower().removeprefix("/")) for glob in patterns)


def patterns_of(plugin: Any) -> tuple[str, ...]:
    """The globs a plugin claims, one given as a plain text included; () for what are none."""
    found = getattr(plugin, "patterns", ())
    globs = (found,) if isinstance(found, str) else found if isinstance(found, (tuple, list, set, frozenset)) else ()
    return tuple(glob for glob in globs if isinstance(glob, str) and glob)


def claims_by_pattern(plugin: Any) -> bool:
    """True for a plugin that says by `patterns` alone what it claims, whether it has a `claims` of its own or not."""
    claims = getattr(type(plugin), "claims", None)
    return claims is None or getattr(claims, "__module__", "") == "muse.core.filedomain"
