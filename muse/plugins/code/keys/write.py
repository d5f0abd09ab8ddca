"""Values as text of JSON, YAML and TOML: what any reader of the format reads as exactly that value."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from muse.core.errors import MuseError

_ONE_LINE = 60
_LONGEST_KEY = 1000  # YAML finds no key that is longer than 1024 characters
_ODD = re.compile("[\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_YAML_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORD = re.compile(r"[A-Za-z_][\w./-]*(?: [\w./-]+)*")
_LINE = re.compile(
    "(?! )[\t\x20-\x7e\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]+(?<![ \t])"
)
NOT_TEXT = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"])
"""Words of YAML, in small letters, that some version reads as something else than text."""


class Look(NamedTuple):
    """How a file is written: its line end, one step of indentation, what stands between a key and its value, how
    deep lists stand below their key, whether values take several lines, and whether texts do."""

    newline: str = "\n"
    unit: str = "  "
    colon: str = ": "
    lists: str = "  "
    spread: bool = True
    literal: bool = True


def quoted(text: str) -> str:
    """A string in double quotes, as JSON, YAML and TOML all read it."""
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def one_line(value: Any, colon: str = ": ") -> str:
    """A value as JSON on one line."""
    comma = "," if colon == ":" else ", "
    if isinstance(value, dict):
        return "{" + comma.join(f"{quoted(key)}{colon}{one_line(item, colon)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + comma.join(one_line(item, colon) for item in value) + "]"
    return quoted(value) if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        raise MuseError(f"{value} is no number that can be written") from None


# JSON -----------------------------------------------------------------------------------------------------------------


def json_text(value: Any, look: Look, indent: str = "") -> str:
    """A value as a person would write it in JSON: short lists of plain values on one line, the rest on several."""
    short = one_line(value, look.colon)
    if not look.spread or not isinstance(value, (dict, list)) or not value:
        return short
    items = list(value.values()) if isinstance(value, dict) else value
    plain = isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in items)
    if plain and len(short) <= _ONE_LINE:
        return short
    names = [quoted(name) + look.colon for name in value] if isinstance(value, dict) else [""] * len(items)
    gap = look.newline + indent + look.unit
    rows = [name + json_text(item, look, indent + look.unit) for name, item in zip(names, items)]
    ends = "{}" if isinstance(value, dict) else "[]"
    return ends[0] + gap + f",{gap}".join(rows) + look.newline + indent + ends[1]


# YAML -----------------------------------------------------------------------------------------------------------------


def yaml_key(name: str) -> str:
    """A key, quoted where it could be read as something else."""
    if len(name) > _LONGEST_KEY:
        raise MuseError(f"a key of {len(name)} characters is too long for YAML")
    return name if _YAML_KEY.fullmatch(name) and name.lower() not in NOT_TEXT else quoted(name)


def yaml_flow(value: Any) -> str:
    """A value on one line: a plain word without quotes, else JSON."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{yaml_key(key)}: {yaml_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_flow, value)) + "]"
    if isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in NOT_TEXT:
        return value
    if isinstance(value, float):  # YAML 1.1 wants a point in a number with an exponent
        return re.sub(r"^(-?\d+)e", r"\1.0e", _number(value))
    return one_line(value)


def yaml_block(value: Any, look: Look) -> tuple[str, list[str]]:
    """What stands beside the key, and the lines below it, as deep as they are below their key."""
    if isinstance(value, dict) and value:
        return "", [look.unit + line if line else "" for line in _yaml_pairs(value, look)]
    if isinstance(value, list) and value:
        return "", [look.lists + line if line else "" for line in _yaml_items(value, look)]
    if isinstance(value, str) and look.literal and "\n" in value and not value.endswith("\n\n"):
        lines = value.removesuffix("\n").split("\n")
        if lines[0] and all(not line or _LINE.fullmatch(line) or _deeper(line) for line in lines) and lines[0][0] > " ":
            head = "|" if value.endswith("\n") else "|-"
            return head, [look.unit + line if line else "" for line in lines]
    return yaml_flow(value), []


def _deeper(line: str) -> bool:
    return _LINE.fullmatch(line.lstrip(" ")) is not None


def _yaml_pairs(value: dict[str, Any], look: Look) -> list[str]:
    lines = []
    for name, item in value.items():
        beside, below = yaml_block(item, look)
        lines += [f"{yaml_key(name)}:{' ' if beside else ''}{beside}", *below]
    return lines


def _yaml_items(value: list[Any], look: Look) -> list[str]:
    lines: list[str] = []
    for item in value:
        if isinstance(item, dict) and item:
            inner = _yaml_pairs(item, look)
        elif isinstance(item, list) and item:
            inner = _yaml_items(item, look)
        else:
            inner = [yaml_flow(item)]
        lines += [f"- {inner[0]}", *(f"  {line}" if line else "" for line in inner[1:])]
    return lines


# TOML -----------------------------------------------------------------------------------------------------------------


def toml_key(name: str) -> str:
    """A key, bare where it may be."""
    return name if _BARE.fullmatch(name) else _toml_string(name)


def toml_text(value: Any) -> str:
    """A value on one line."""
    if value is None:
        raise MuseError("TOML has no null; delete the key instead")
    if isinstance(value, dict):
        rows = (f"{toml_key(str(key))} = {toml_text(item)}" for key, item in value.items())
        return f"{{ {', '.join(rows)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_text, value))}]"
    if isinstance(value, str):
        return _toml_string(value)
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise MuseError(f"{value} is out of the range of TOML's numbers")
    return _number(value)


def _toml_string(text: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise MuseError("TOML has no text with half a character in it")
    return quoted(text)


__all__ = [
    "NOT_TEXT", "Look", "json_text", "one_line", "quoted", "toml_key", "toml_text", "yaml_block", "yaml_flow",
    "yaml_key",
]  # fmt: skip
