"""Which files a domain claims: globs on a file's name, or on its whole path where they have a slash."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from muse.core.late import regex

_WILD = frozenset("*?[")
_STARS_OR_SET = regex(r"\*\*/|\*+|\?|\[([!^]?)(\]?[^]]*)\]")


def matches(path: str, patterns: Iterable[str]) -> bool:
    """True when a glob matches a file's name, or with a slash in it the whole path, in any case of letters.

    In a whole path `*` stays within one folder and `**` stands for any number of them, as in Git's attributes.
    """
    folders = path.lower().split("/")
    for glob in patterns:
        parts = glob.lower().removeprefix("/").split("/")
        if _fits(folders, parts) if "/" in glob else _is_like(folders[-1], parts[0]):
            return True
    return False


def _is_like(name: str, glob: str) -> bool:
    """As `fnmatchcase`, which compiles a regular expression even for `*.py`."""
    if not _WILD.intersection(glob):
        return name == glob
    if glob[0] == "*" and not _WILD.intersection(glob[1:]):
        return name.endswith(glob[1:])
    return fnmatchcase(name, glob)


def _fits(folders: list[str], parts: list[str]) -> bool:
    if not parts or parts == ["**"]:
        return bool(parts) == bool(folders)
    if parts[0] == "**":
        return any(_fits(folders[at:], parts[1:]) for at in range(len(folders)))
    return bool(folders) and _is_like(folders[0], parts[0]) and _fits(folders[1:], parts[1:])


def sample(glob: str) -> str:
    """A path the glob matches."""

    def one(found: re.Match[str]) -> str:
        if found[2] is None:
            return {"**/": "a/", "?": "s"}.get(found[0], "sample")
        letters = "sample0_-." if found[1] else found[2]
        return next((letter for letter in letters if fnmatchcase(letter, f"[{found[1] and '!'}{found[2]}]")), "s")

    return _STARS_OR_SET.sub(one, glob.removeprefix("/"))


def in_any_case(glob: str) -> str:
    """The glob for those who tell capitals apart, as Git's attributes do."""

    def one(found: re.Match[str]) -> str:
        letter = found[0]
        return f"[{letter.lower()}{letter.upper()}]" if len(letter) == 1 else letter

    return re.sub(r"\[\]?[^]]*\]|[A-Za-z]", one, glob)


def patterns_of(plugin: Any) -> tuple[str, ...]:
    """The globs a plugin claims, one given as a plain text included; () for what are none."""
    found = getattr(plugin, "patterns", ())
    globs = (found,) if isinstance(found, str) else found if isinstance(found, (tuple, list, set, frozenset)) else ()
    return tuple(glob for glob in globs if isinstance(glob, str) and glob)


def claims_by_pattern(plugin: Any) -> bool:
    """True for a plugin that says by `patterns` alone what it claims, whether it has a `claims` of its own or not."""
    claims = getattr(type(plugin), "claims", None)
    return claims is None or getattr(claims, "__module__", "") == "muse.core.filedomain"


def has_listing(plugin: Any) -> bool:
    """True for a plugin with a `listing` of its own; a `FileDomain` without one shows the file as it is."""
    shown = getattr(type(plugin), "listing", None)
    return callable(shown) and getattr(shown, "__module__", "") != "muse.core.filedomain"
