"""`.museattributes` (TOML, tracked): which strategy settles a path or a dimension.

    [meta]
    domain = "midi"
    [[rules]]
    path = "drums/*"
    dimension = "notes"
    strategy = "ours"

Rules are tried by priority (highest first), then in file order.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.io import read_regular
from muse.core.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

VALID_STRATEGIES = frozenset({"ours", "theirs", "base", "union", "auto", "manual", "join", "three_way"})
FILE_NAME = ".museattributes"
MAX_BYTES = 1 << 20


class AttributesError(MuseError, ValueError):
    """A `.museattributes` that cannot be used; the message names the rule."""


class AttributeRule(NamedTuple):
    """One rule; `dimension` is "*" for the whole file, `source_index` its place in the file from 0."""

    path_pattern: str
    dimension: str
    strategy: str
    comment: str = ""
    priority: int = 0
    source_index: int = 0


def _read(root: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        data = read_regular(os.path.join(root, FILE_NAME), MAX_BYTES + 1, within=root)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise AttributesError(f"{FILE_NAME} cannot be read: {error.strerror}") from None
    return parse_attributes(data)


def parse_attributes(data: bytes) -> dict[str, Any]:
    """The TOML table of a `.museattributes`; AttributesError when it is not TOML or too large."""
    from muse.core import toml

    if len(data) > MAX_BYTES:
        raise AttributesError(f"{FILE_NAME} is larger than {MAX_BYTES} bytes")
    try:
        return toml.loads(data.decode())
    except ValueError as error:
        raise AttributesError(f"{FILE_NAME} is not valid: TOML parse error: {error}") from None


def read_attributes_meta(root: str | os.PathLike[str]) -> dict[str, Any]:
    """The `[meta]` table; {} when there is none, or the file cannot be used (which `load_attributes` says loudly)."""
    try:
        meta = _read(root).get("meta", {})
    except AttributesError as error:
        import logging

        logging.getLogger(__name__).warning("%s", one_line(str(error)))
        return {}
    return meta if isinstance(meta, dict) else {}


def named_domain(root: str | os.PathLike[str]) -> str | None:
    """The domain the repository names: in `.museattributes` `[meta] domain`, else in `.muse/config.toml`, else None."""
    named = read_attributes_meta(root).get("domain") or _configured_domain(root)
    return named if isinstance(named, str) and named else None


def _configured_domain(root: str | os.PathLike[str]) -> Any:
    path = os.path.join(root, ".muse", "config.toml")  # as `paths.config_file`, which would import pathlib in a driver
    try:
        data = read_regular(path, MAX_BYTES, within=root)
        from muse.core import toml

        return toml.loads(data.decode()).get("domain")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MuseError(f"{path} cannot be read: {error}") from None


def load_attributes(root: str | os.PathLike[str], *, domain: str | None = None) -> list[AttributeRule]:
    """The rules in the order they are tried; [] when the file is absent.

    With `domain`, a file whose `[meta] domain` names another one still applies, with a warning for the user's log.
    ValueError (AttributesError) names the rule that is wrong.
    """
    table = _read(root)
    rules = rules_of(table)
    named = table.get("meta", {}).get("domain") if isinstance(table.get("meta"), dict) else None
    if domain is not None and named and named != domain:
        import logging

        logging.getLogger(__name__).warning("%s is for domain %r, the repository is %r", FILE_NAME, named, domain)
    return rules


def rules_of(table: dict[str, Any]) -> list[AttributeRule]:
    """The rules of a parsed `.museattributes`, in the order they are tried."""
    raw = table.get("rules", [])
    if not isinstance(raw, list):
        raise AttributesError(f"{FILE_NAME}: rules must be written as [[rules]]")
    rules = [_rule(index, entry) for index, entry in enumerate(raw)]
    return sorted(rules, key=lambda rule: (-rule.priority, rule.source_index))


def _rule(index: int, entry: Any) -> AttributeRule:
    name = f"{FILE_NAME}: rule[{index}]"
    if not isinstance(entry, dict):
        raise AttributesError(f"{name} is not a table")
    for key in ("path", "dimension", "strategy"):
        if key not in entry:
            raise AttributesError(f"{name} is missing required field {key!r}")
        if not isinstance(entry[key], str):
            raise AttributesError(f"{name}: {key} must be a string")
    if entry["strategy"] not in VALID_STRATEGIES:
        known = ", ".join(sorted(VALID_STRATEGIES))
        raise AttributesError(f"{name}: unknown strategy {entry['strategy']!r}; use one of {known}")
    priority = entry.get("priority", 0)
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise AttributesError(f"{name}: priority must be a whole number")
    return AttributeRule(
        entry["path"], entry["dimension"], entry["strategy"], str(entry.get("comment", "")), priority, index
    )


def resolve_strategy(rules: Sequence[AttributeRule], path: str, dimension: str = "*") -> str:
    """The first matching rule's strategy, else "auto"; a query or a rule with "*" matches any dimension."""
    return _first(rules, path, lambda rule: dimension == "*" or rule.dimension in ("*", dimension))


def file_strategy(rules: Sequence[AttributeRule], path: str) -> str:
    """The strategy for the whole file: only rules for every dimension ("*") answer, else "auto"."""
    return _first(rules, path, lambda rule: rule.dimension == "*")


def path_matches(path: str, pattern: str) -> bool:
    """True when the glob matches the whole path: `*` crosses folders, and `**/` may also stand for no folder at all."""
    return fnmatchcase(path, pattern) or ("**/" in pattern and fnmatchcase(path, pattern.replace("**/", "")))


def _first(rules: Iterable[AttributeRule], path: str, wanted: Callable[[AttributeRule], bool]) -> str:
    for rule in rules:
        if wanted(rule) and path_matches(path, rule.path_pattern):
            return rule.strategy
    return "auto"
