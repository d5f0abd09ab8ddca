"""`.museignore` (TOML): `[global] patterns` and `[domain.<name>] patterns`, each string one line of a `.gitignore`."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Any, NamedTuple, TypedDict, cast

from muse.core.errors import MuseError
from muse.core.io import read_regular

FILE_NAME = ".museignore"
_MAX_BYTES = 1 << 20
_MOST = 2000  # patterns; each is tried for each file and each folder above it


class DomainSection(TypedDict, total=False):
    """One table of patterns."""

    patterns: list[str]


MuseIgnoreConfig = TypedDict(
    "MuseIgnoreConfig", {"global": DomainSection, "domain": dict[str, DomainSection]}, total=False
)
"""The parsed `.museignore`; absent tables are absent keys."""


class IgnoreError(MuseError, ValueError):
    """A `.museignore` that cannot be used."""


def load_ignore_config(root: str | os.PathLike[str]) -> MuseIgnoreConfig:
    """The parsed file, empty when absent; ValueError (IgnoreError) when it is not TOML of the right shape.

    Entries of `patterns` that are not strings are left out.
    """
    try:
        data = read_regular(os.path.join(root, FILE_NAME), _MAX_BYTES + 1, within=root)
    except FileNotFoundError:
        return MuseIgnoreConfig()
    except OSError as error:
        raise IgnoreError(f"{FILE_NAME} cannot be read: {error.strerror}") from None
    from muse.core import toml

    if len(data) > _MAX_BYTES:
        raise IgnoreError(f"{FILE_NAME} is larger than {_MAX_BYTES} bytes")
    try:
        table = toml.loads(data.decode())
    except ValueError as error:
        raise IgnoreError(f"{FILE_NAME} is not valid TOML: {error}") from None
    return _shaped(table)


def _shaped(table: dict[str, Any]) -> MuseIgnoreConfig:
    shaped: dict[str, Any] = {}
    if "global" in table:
        shaped["global"] = _section("global", table["global"])
    if "domain" in table:
        if not isinstance(table["domain"], dict):
            raise IgnoreError(f"{FILE_NAME}: write domain patterns as [domain.<name>]")
        shaped["domain"] = {name: _section(f"domain.{name}", value) for name, value in table["domain"].items()}
    return cast(MuseIgnoreConfig, shaped)


def _section(name: str, value: Any) -> DomainSection:
    if not isinstance(value, dict) or not isinstance(value.get("patterns", []), list):
        raise IgnoreError(f"{FILE_NAME}: [{name}] must hold `patterns`, a list of strings")
    if "patterns" not in value:
        return DomainSection()
    return DomainSection(patterns=[pattern for pattern in value["patterns"] if isinstance(pattern, str)])


def resolve_patterns(config: MuseIgnoreConfig, domain: str) -> list[str]:
    """Global patterns, then those of the domain (which so can take a global one back with `!`)."""
    tables = (config.get("global", DomainSection()), config.get("domain", {}).get(domain, DomainSection()))
    found = [pattern for table in tables for pattern in table.get("patterns", [])]
    if len(found) > _MOST:
        raise IgnoreError(f"{FILE_NAME} has more than {_MOST} patterns")
    return found


def load_patterns(root: str | os.PathLike[str], *, unnamed: str = "files") -> list[str]:
    """Global patterns and those of the repository's domain (`unnamed` where it names none)."""
    from muse.core.attributes import named_domain

    config = load_ignore_config(root)
    return resolve_patterns(config, named_domain(root) or unnamed) if config else []


def is_ignored(posix_path: str, patterns: list[str]) -> bool:
    """True when the last matching pattern excludes the path or a folder above it; a path ending in `/` is a folder.

    As in Git, nothing inside an excluded folder can be taken back.
    """
    is_folder = posix_path.endswith("/")
    parts = posix_path.rstrip("/").split("/")
    for depth in range(1, len(parts) + 1):
        if _excluded("/".join(parts[:depth]), patterns, is_folder=is_folder or depth < len(parts)):
            return True
    return False


def _excluded(path: str, patterns: list[str], *, is_folder: bool) -> bool:
    for pattern in reversed(patterns):
        rule = _compile(pattern)
        if rule is not None and (is_folder or not rule.folders_only) and rule.regex.fullmatch(path):
            return not rule.negated
    return False


def _matches(path: os.PathLike[str] | str, pattern: str) -> bool:
    """True when one pattern, negated or not, matches one path as a file."""
    rule = _compile(pattern)
    return rule is not None and not rule.folders_only and rule.regex.fullmatch(os.fspath(path)) is not None


class _Rule(NamedTuple):
    regex: re.Pattern[str]
    folders_only: bool
    negated: bool


@lru_cache(maxsize=4096)
def _compile(line: str) -> _Rule | None:
    """One line of a `.gitignore`; None for a blank line, a comment, and what can never match."""
    body = _without_trailing_spaces(line.removesuffix("\n").removesuffix("\r"))
    if not body or body.startswith("#"):
        return None
    negated = body.startswith("!")
    body = body[1:] if negated else body
    folders_only = body.endswith("/")
    body = body.removesuffix("/")
    if "/" in body:
        text = _translate(body.removeprefix("/"))
    else:
        text = _translate(body)
        text = text if text is None else f"(?:.*/)?{text}"
    if not body or text is None:
        return None
    try:
        return _Rule(re.compile(text, re.DOTALL), folders_only, negated)
    except re.error:
        return None  # such as the range [z-a], which matches nothing


def _without_trailing_spaces(line: str) -> str:
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return kept + " " if backslashes % 2 and len(kept) < len(line) else kept


def _translate(glob: str) -> str | None:
    """The glob as a regular expression; None when it is malformed, and so matches nothing.

    Each stretch between stars is looked for where it first occurs and not again (an atomic group), which is right
    because a later star takes up whatever follows. So matching costs at most length times length, for any pattern.
    """
    blocks: list[list[str | None]] = [[]]  # divided by `**/`; within a block None is a star, the rest follows it
    end_deep, at = False, 0
    while at < len(glob):
        if glob[at] == "*":
            stop = at + len(glob[at:]) - len(glob[at:].lstrip("*"))
            bounded = (at == 0 or glob[at - 1] == "/") and stop - at >= 2
            if bounded and glob[stop : stop + 1] == "/":
                blocks.append([])
                at = stop + 1
            else:
                end_deep = bounded and stop == len(glob)
                blocks[-1] += [] if end_deep else [None]
                at = stop
            continue
        found = _one(glob, at)
        if found is None:
            return None
        blocks[-1].append(found[0])
        at = found[1]
    *inner, last = blocks
    parts = [_block(block, settled=True) for block in inner]
    parts.append(_block(last, settled=end_deep) + (".+" if end_deep else ""))
    folders = "(?:[^/]*/)*?"
    deep = [f"(?>{folders}{part})" for part in parts[1:-1]]
    return "".join(parts) if len(parts) == 1 else "".join([parts[0], *deep, folders, parts[-1]])


def _block(pieces: list[str | None], *, settled: bool) -> str:
    """What lies between two `**/`; `settled` unless the path has to end where the block does."""
    stretches = [""]
    for piece in pieces:
        if piece is None:
            stretches.append("")
        else:
            stretches[-1] += piece
    first, *rest = stretches
    atomic = rest if settled else rest[:-1]
    text = first + "".join(f"(?>[^/]*?{stretch})" for stretch in atomic)
    return text if settled or not rest else f"{text}[^/]*{rest[-1]}"


def _one(glob: str, at: int) -> tuple[str, int] | None:
    """What matches one letter, and where the next one begins; None where the glob is malformed."""
    letter = glob[at]
    if letter == "?":
        return "[^/]", at + 1
    if letter == "[":
        return _translate_class(glob, at + 1)
    if letter == "\\":
        return (re.escape(glob[at + 1]), at + 2) if at + 1 < len(glob) else None
    return re.escape(letter), at + 1


_POSIX = {
    "alnum": "A-Za-z0-9", "alpha": "A-Za-z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r" \t\n\r\f\v",
    "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


def _translate_class(glob: str, at: int) -> tuple[str, int] | None:
    """A bracket expression that opened just before `at`: its regular expression and where it ends."""
    negated = glob[at : at + 1] in ("!", "^") and bool(glob[at : at + 1])
    at += negated
    members, first = "", True
    while at < len(glob) and (glob[at] != "]" or first):
        first = False
        posix = re.match(r"\[:(\w*):\]", glob[at:])
        if posix:
            if posix[1] not in _POSIX:
                return None
            members, at = members + _POSIX[posix[1]], at + posix.end()
            continue
        low, at = _member(glob, at)
        if glob[at : at + 1] == "-" and at + 1 < len(glob) and glob[at + 1] != "]":
            high, at = _member(glob, at + 1)
            if low <= high:
                members += f"{_in_class(low)}-{_in_class(high)}"
        else:
            members += _in_class(low)
    if at >= len(glob):
        return None
    if negated:
        return f"[^/{members}]", at + 1
    return (f"(?!/)[{members}]" if members else "(?!)"), at + 1


def _member(glob: str, at: int) -> tuple[str, int]:
    if glob[at] == "\\" and at + 1 < len(glob):
        return glob[at + 1], at + 2
    return glob[at], at + 1


def _in_class(letter: str) -> str:
    return "\\" + letter if letter in "\\]^-[&~|" else letter
