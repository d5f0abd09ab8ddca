"""Patterns of paths, as ignore and attribute files have them: whether two of them may be about one path."""

from __future__ import annotations

from fnmatch import fnmatchcase

_WILD = "*?["


def may_meet(one: str, other: str) -> bool:
    """True unless no path can match both patterns, or lie in a folder that one matches."""
    wholes = [each.removeprefix("!").strip("/") for each in (one, other)]
    if any("/" not in whole or "**" in whole for whole in wholes):
        return any(_alike(a, b) for a in _faces(one) for b in _faces(other))
    first, second = wholes
    return any(_alike(first, b) for b in _folders(second)) or any(_alike(a, second) for a in _folders(first))


def _folders(path: str) -> set[str]:
    """A path, and each folder it leads through."""
    parts = path.split("/")
    return {"/".join(parts[: end + 1]) for end in range(len(parts))}


def _faces(pattern: str) -> set[str]:
    """What a pattern may be compared by: all of it, and without a slash in it each part of a path."""
    bare = pattern.removeprefix("!").strip("/").removeprefix("**/").removesuffix("/**")
    parts = bare.split("/")
    return _folders(bare) | {parts[-1]} | (set(parts) if "/" not in pattern.removeprefix("!").strip("/") else set())


def _alike(one: str, other: str) -> bool:
    wild = [any(sign in each for sign in _WILD) for each in (one, other)]
    if not any(wild):
        return one == other
    if not all(wild):
        return fnmatchcase(one, other) or fnmatchcase(other, one)
    heads, tails = [_head(each) for each in (one, other)], [_head(each[::-1])[::-1] for each in (one, other)]
    begins = heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
    return begins and (tails[0].endswith(tails[1]) or tails[1].endswith(tails[0]))


def _head(pattern: str) -> str:
    """What stands before the first sign that is not itself."""
    ends = [pattern.find(sign) for sign in (*_WILD, "]") if sign in pattern]
    return pattern[: min(ends)] if ends else pattern
