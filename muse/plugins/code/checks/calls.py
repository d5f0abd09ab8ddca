"""Calls that one side put in, of a function to which the other side gave its parameters in another way.

Git's text merge sees two edits apart: the definition with all the calls there were, and a new call as it was right
before. Nothing is parsed: a definition is looked for on its line, a call where its name stands before a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.languages.table import Language

Sides = tuple[bytes, bytes, bytes]
_DEFINES = regex(
    rb"^[ \t]*(?:(?:export|default|pub(?:\([^)]*\))?|async|static|private|public|protected|override|inline|unsafe|const"
    rb"|local|final) +)*(?:def|fn|func|function|fun) +(?:self\.)?(\w+)(?:<[^>\n]*>|\[[^\]\n]*\])?\((.*)\)[^()\n]*$",
    re.M,
)
_KNOWN = frozenset({"go", "javascript", "lua", "php", "python", "ruby", "rust", "scala", "tsx", "typescript"})
_LOOSE = frozenset({"javascript", "lua"})  # arguments may be left out there, and too many are no fault
_SELF = frozenset({b"self", b"cls", b"this"})
_PARAMETER = regex(rb"(?:[&*]|\.\.\.|mut\b|\s)*(?:[^$]*(\$\w+)|(?:[\w.]+ (?=\w+:))?(\w+))")
_KEYED = regex(rb"\s*\w+\s*(?:=(?![=>])|:(?!:))")
_LONGEST = 2000


class _Parameter(NamedTuple):
    name: bytes
    needed: bool
    more: bool


def calls_what_changed(language: Language | None, sides: Sides) -> dict[str, int]:
    """Functions that one side (1, 2) gave other parameters, and that the other side calls once more, the old way."""
    if language is None or language.name not in _KNOWN:
        return {}
    lines = [set(data.splitlines()) for data in sides]
    found: dict[str, int] = {}
    for side, other in ((1, 2), (2, 1)):
        gone, new = (_defined(b"\n".join(part)) for part in (lines[0] - lines[side], lines[side] - lines[0]))
        for name in gone.keys() & new.keys():
            if gone[name] == new[name] or any(_definitions(name, data) != 1 for data in sides):
                continue
            before, after = (_calls(name, data) for data in (sides[0], sides[other]))
            if len(after) <= len(before):
                continue
            put_in = [call for call in after if call not in before] or after
            if any(_unfit(gone[name], new[name], call, loose=language.name in _LOOSE) for call in put_in):
                found[name.decode("utf-8", "replace")] = side
    return found


def _defined(text: bytes) -> dict[bytes, list[_Parameter]]:
    return {found[1]: list(_parameters(found[2])) for found in _DEFINES.finditer(text)}


def _definitions(name: bytes, data: bytes) -> int:
    return sum(found[1] == name for found in _DEFINES.finditer(data)) if name in data else 0


def _parameters(text: bytes) -> Iterator[_Parameter]:
    for part in _taken_apart(text):
        found = _PARAMETER.match(part)
        name = (found[1] or found[2]) if found is not None else b""
        if name and name not in _SELF:
            more = part.lstrip().startswith((b"*", b"...", b"&")) and b":" not in part
            yield _Parameter(name, not more and b"=" not in part and b"?:" not in part, more)


def _taken_apart(text: bytes) -> list[bytes]:
    """The parts between commas, brackets and quotes left whole."""
    parts, deep, begin, quote = [], 0, 0, 0
    for at, sign in enumerate(text):
        if quote:
            quote = 0 if sign == quote else quote
        elif sign in b"\"'`":
            quote = sign
        elif sign in b"([{":
            deep += 1
        elif sign in b")]}":
            deep -= 1
        elif sign == 44 and not deep:
            parts.append(text[begin:at])
            begin = at + 1
    parts.append(text[begin:])
    return [part for part in parts if part.strip()]


def _calls(name: bytes, data: bytes) -> list[list[bytes]]:
    """What each call of it is given; nothing of those that end too far away."""
    found = re.finditer(rb"(?:(?<![\w.$>:@])|(?<=self\.)|(?<=this\.)|(?<=this->))%b\(" % re.escape(name), data)
    calls = []
    for call in found:
        line = data[data.rfind(b"\n", 0, call.start()) + 1 : call.start()]
        end = _closing(data, call.end())
        if end and not re.search(rb"\b(?:def|fn|func|function|fun)\s+(?:self\.)?$|(?:#|//).*$", line):
            calls.append([b" ".join(part.split()) for part in _taken_apart(data[call.end() : end])])
    return calls


def _closing(data: bytes, at: int) -> int:
    """Where the bracket closes that is open at a place; 0 where that is too far away."""
    deep = 1
    for place in range(at, min(len(data), at + _LONGEST)):
        deep += (data[place] in b"([{") - (data[place] in b")]}")
        if not deep:
            return place
    return 0


def _unfit(old: list[_Parameter], new: list[_Parameter], call: list[bytes], *, loose: bool) -> bool:
    """True for a call that fits what was there, and not what is there now."""
    if any(_KEYED.match(part) or part.startswith((b"*", b"...", b"&")) for part in call):
        return False
    given = len(call)
    if not _takes(old, given) and not loose:
        return False
    if not _takes(new, given) and not loose:
        return True
    place = {one.name: at for at, one in enumerate(new)}
    return any(place.get(one.name, at) != at for at, one in enumerate(old[:given]))


def _takes(parameters: list[_Parameter], given: int) -> bool:
    least = sum(one.needed for one in parameters)
    return least <= given and (given <= len(parameters) or any(one.more for one in parameters))
