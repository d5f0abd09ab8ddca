"""Calls that one side put in, of a function to which the other side gave its parameters in another way.

Git's text merge sees two edits apart: the definition with all the calls there were, and a new call as it was right
before. Nothing is parsed: a definition is looked for on its line, a call where its name stands before a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from muse.core.late import regex
from muse.plugins.code.languages.table import Language

Sides = tuple[bytes, bytes, bytes]
_DEFINES = regex(
    rb"^[ \t]*(?:(?:export|default|pub(?:\([^)]*\))?|async|static|private|public|protected|override|inline|unsafe|const"
    rb"|local|final) +)*(?:def|fn|func|function|fun) +(?:self\.)?(\w+)(?:<[^>\n]*>|\[[^\]\n]*\])?\(",
    re.M,
)
_TYPED = regex(
    rb"^[ \t]*(?!(?:return|else|new|throw|case|await|yield|goto|typedef|using|delete|import|package)\b)"
    rb"(?:[\w.:]+(?:<[^()\n]*>)?(?:\[\])*[ \t*&]+)+(\w+)\((?=[^;\n]*$)",
    re.M,
)
"""The line of a definition where types stand before names."""
_TYPES_FIRST = frozenset({"c", "csharp", "java"})
_POINTED = regex(rb"\(\s*\*\s*(\w+)\s*\)")
_LAST_WORD = regex(rb"(\w+)[ \t]*(?:\[[^\]]*\][ \t]*)*$")
_KNOWN = _TYPES_FIRST | frozenset(
    {"go", "javascript", "lua", "php", "python", "ruby", "rust", "scala", "tsx", "typescript"}
)
_LOOSE = frozenset({"javascript", "lua"})  # arguments may be left out there, and too many are no fault
_SELF = frozenset({b"self", b"cls", b"this"})
_PARAMETER = regex(rb"(?:[&*]|\.\.\.|mut\b|\s)*(?:[^$]*(\$\w+)|(?:[\w.]+ (?=\w+:))?(\w+))")
_GIVEN = regex(rb"\s*(\w+)\s*(?:=(?![=>])|:(?!:))")
_NAMED = frozenset({"php", "python", "ruby", "scala"})  # what is given may say the parameter's name
_BY_NAME = regex(rb"\w+:(?!:)[ \t]*(\S?)")
_VALUE = regex(rb"=(?!>)|\?[ \t]*:")
_LIFETIME = regex(rb"'\w+(?![\w'])")
_ANGLED = frozenset({"csharp", "java", "rust", "tsx", "typescript"})  # types between angles may have commas
_LONGEST = 2000
_MOST = 2000  # calls of one function


class _Parameter(NamedTuple):
    """`needed`: a call has to give it; `more`: it takes any number; `placed`: it may be given by its place."""

    name: bytes
    needed: bool
    more: bool
    placed: bool


def calls_what_changed(language: Language | None, sides: Sides) -> dict[str, int]:
    """Functions that one side (1, 2) gave other parameters, and that the other side calls once more, the old way."""
    if language is None or language.name not in _KNOWN:
        return {}
    lang = language.name
    lines = [set(data.splitlines()) for data in sides]
    found: dict[str, int] = {}
    for side, other in ((1, 2), (2, 1)):
        gone, new = (_defined(b"\n".join(part), lang) for part in (lines[0] - lines[side], lines[side] - lines[0]))
        for name in gone.keys() & new.keys():
            if gone[name] == new[name] or any(_definitions(name, data, lang) != 1 for data in sides):
                continue
            before, after = (_calls(name, data) for data in (sides[0], sides[other]))
            if len(after) <= len(before):
                continue
            known = set(before)
            put_in = [call for call in after if call not in known] or after
            if any(
                _unfit(gone[name], new[name], call, loose=lang in _LOOSE)
                or (lang in _NAMED and _names_what_is_gone(gone[name], new[name], call))
                for call in put_in
            ):
                found[name.decode("utf-8", "replace")] = side
    return found


def _defined(text: bytes, lang: str) -> dict[bytes, list[_Parameter]]:
    """The functions that lines define, where the brackets close on the line and no others follow."""
    functions: dict[bytes, list[_Parameter]] = {}
    for found in _heads(lang).finditer(text):
        line = text[found.end() : found.end() + _LONGEST].partition(b"\n")[0]
        line = _LIFETIME.sub(b"", line) if lang == "rust" else line
        parts, end = _taken_apart(line, angled=lang in _ANGLED)
        if end >= 0 and line[end + 1 : end + 2] != b"(":
            functions[found[1]] = list(_parameters(parts, lang))
    return functions


def _heads(lang: str) -> re.Pattern[bytes]:
    return _TYPED if lang in _TYPES_FIRST else _DEFINES


def _definitions(name: bytes, data: bytes, lang: str) -> int:
    return sum(found[1] == name for found in _heads(lang).finditer(data)) if name in data else 0


def _parameters(parts: list[bytes], lang: str) -> Iterator[_Parameter]:
    placed = True
    if lang in _TYPES_FIRST:
        yield from filter(None, map(_typed, parts))
        return
    for part in parts:
        more = part.startswith(b"*") or b"..." in part or (lang == "scala" and part.endswith(b"*"))
        more = more or (lang == "ruby" and part.startswith(b"&"))
        by_name = _BY_NAME.match(part) if lang == "ruby" else None
        found = _PARAMETER.match(part)
        name = (found[1] or found[2]) if found is not None else b""
        if name and name not in _SELF:
            needed = not more and not (by_name[1] if by_name is not None else _VALUE.search(part))
            yield _Parameter(name, needed, more, placed and by_name is None)
        placed = placed and not (lang == "python" and more)


def _typed(part: bytes) -> _Parameter | None:
    """A parameter behind its type; None for `void`."""
    said, given, _ = part.partition(b"=")
    found = _POINTED.search(said) or _LAST_WORD.search(said.rstrip())
    if said.strip() == b"void" or (found is None and b"..." not in said):
        return None
    more = b"..." in said or said.startswith(b"params ")
    return _Parameter(found[1] if found is not None else b"", not given and not more, more, placed=True)


def _taken_apart(text: bytes, *, angled: bool = False) -> tuple[list[bytes], int]:
    """The parts between commas up to the bracket that closes, brackets and quotes left whole, and where that is; -1
    where none does."""
    parts, deep, begin, quote, at = [], 0, 0, 0, 0
    while at < len(text):
        sign = text[at]
        if quote:
            at += sign == 92
            quote = 0 if sign == quote else quote
        elif sign in b"\"'`":
            quote = sign
        elif sign in b"([{" or (angled and sign == 60):
            deep += 1
        elif sign in b")]}" and not deep:
            break
        elif sign in b")]}" or (angled and sign == 62 and text[at - 1] not in b"-="):
            deep -= 1
        elif sign == 44 and not deep:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    parts.append(text[begin:at])
    return [b" ".join(part.split()) for part in parts if part.strip()], at if at < len(text) else -1


def _calls(name: bytes, data: bytes) -> list[tuple[bytes, ...]]:
    """What each call of it is given; nothing of those that end too far away, and of more than can be asked about."""
    found = re.finditer(rb"(?:(?<![\w.$>:@])|(?<=self\.)|(?<=this\.)|(?<=this->))%b\(" % re.escape(name), data)
    calls = []
    for call in islice(found, _MOST):
        low = max(0, call.start() - _LONGEST)
        line = data[low : call.start()].rpartition(b"\n")[2]
        parts, end = _taken_apart(data[call.end() : call.end() + _LONGEST])
        if end >= 0 and not re.search(rb"\b(?:def|fn|func|function|fun)\s+(?:self\.)?$|(?:#|//).*$", line):
            calls.append(tuple(parts))
    return calls


def _unfit(old: list[_Parameter], new: list[_Parameter], call: tuple[bytes, ...], *, loose: bool) -> bool:
    """True for a call that fits what was there, and not what is there now."""
    if any(_GIVEN.match(part) or part.startswith((b"*", b"...", b"&")) or part.endswith(b"...") for part in call):
        return False
    given = len(call)
    if not _takes(old, given) and not loose:
        return False
    if not _takes(new, given) and not loose:
        return True
    was, now = ([one.name for one in parameters if one.placed] for parameters in (old, new))
    place = {name: at for at, name in enumerate(now)}
    return any(place.get(name, at) != at for at, name in enumerate(was[:given]))


def _names_what_is_gone(old: list[_Parameter], new: list[_Parameter], call: tuple[bytes, ...]) -> bool:
    """True for a call that gives something by the name of a parameter that has another name now."""
    names = {one.name.lstrip(b"$") for one in old} - {one.name.lstrip(b"$") for one in new}
    given = {found[1] for part in call if (found := _GIVEN.match(part)) is not None}
    return not any(one.more for one in new) and not names.isdisjoint(given)


def _takes(parameters: list[_Parameter], given: int) -> bool:
    least = sum(one.needed for one in parameters)
    most = sum(one.placed for one in parameters)
    return least <= given and (given <= most or any(one.more for one in parameters))
