"""`.museignore` (TOML): `[global] patterns` and `[domain.<name>] patterns`, with gitignore semantics."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TypedDict

from muse.core.errors import MuseError

FILE_NAME = ".museignore"
_MAX_BYTES = 1 << 20


class DomainSection(TypedDict, total=False):
    """One table of patterns."""

    patterns: list[str]


class MuseIgnoreConfig(TypedDict, total=False):
    """The parsed `.museignore`; `global` is a key that Python cannot spell as a name."""

    domain: dict[str, DomainSection]


class IgnoreError(MuseError, ValueError):
    """A `.museignore` that cannot be used."""


def load_ignore_config(root: str | os.PathLike[str]) -> MuseIgnoreConfig:
    """The parsed file, empty when absent; ValueError (IgnoreError) when it is not TOML of the right shape."""
    import tomllib

    try:
        with open(os.path.join(root, FILE_NAME), "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return MuseIgnoreConfig()
    if len(data) > _MAX_BYTES:
        raise IgnoreError(f"{FILE_NAME} is larger than {_MAX_BYTES} bytes")
    try:
        return tomllib.loads(data.decode())  # type: ignore[return-value]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise IgnoreError(f"{FILE_NAME} is not valid TOML: {error}") from None


def resolve_patterns(config: MuseIgnoreConfig, domain: str) -> list[str]:
    """Global patterns, then those of the domain."""
    tables = [config.get("global", {}), config.get("domain", {}).get(domain, {})]
    return [pattern for table in tables for pattern in table.get("patterns", [])]  # type: ignore[attr-defined]


def load_patterns(root: str | os.PathLike[str]) -> list[str]:
    """Global patterns and those of the repository's domain."""
    from muse.core.attributes import read_attributes_meta

    config = load_ignore_config(root)
    if not config:
        return []
    domain = read_attributes_meta(root).get("domain", "files")
    return resolve_patterns(config, domain if isinstance(domain, str) else "files")


def is_ignored(posix_path: str, patterns: list[str]) -> bool:
    """True when the last matching pattern excludes the path or one of its parent folders."""
    parts = posix_path.split("/")
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        if _excluded(path, patterns, is_folder=depth < len(parts)):
            return True
    return False


def _excluded(path: str, patterns: list[str], *, is_folder: bool) -> bool:
    verdict = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        regex, folders_only = _compile(pattern[1:] if negated else pattern)
        if regex.fullmatch(path) and (is_folder or not folders_only):
            verdict = not negated
    return verdict


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> tuple[re.Pattern[str], bool]:
    folders_only = pattern.endswith("/")
    body = pattern.rstrip("/")
    anchored = "/" in body
    body = body.lstrip("/")
    out, i = "" if anchored else "(?:.*/)?", 0
    while i < len(body):
        if body.startswith("**/", i) and (i == 0 or body[i - 1] == "/"):
            out, i = out + "(?:.*/)?", i + 3
        elif body.startswith("**", i):
            out, i = out + ".*", i + 2
        elif body[i] == "*":
            out, i = out + "[^/]*", i + 1
        elif body[i] == "?":
            out, i = out + "[^/]", i + 1
        else:
            out, i = out + re.escape(body[i]), i + 1
    return re.compile(out, re.DOTALL), folders_only
