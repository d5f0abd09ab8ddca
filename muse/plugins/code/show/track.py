"""Where a symbol was in another version of its file, told from the lines where they leave no doubt, without a parse.

As `git log -L` follows lines; but wherever a definition may have come under another name or scope, nothing is said.
`tests/plugins/code/test_track.py` asks the parser whether what is said is true.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_DEPTH = re.compile(rb"[{}()\[\]]|/\*|\*/|<!--|-->|^[ \t]*#[ \t]*(?:if|endif|el)|\"\"\"|'''|```", re.MULTILINE)
_OPENS = {b"{": b"}", b"(": b")", b"[": b"]", b"/*": b"*/", b"<!--": b"-->", b"#if": b"#endif"}
_TOGGLES = (b'"""', b"'''", b"```")
_ON_TOP = re.compile(rb"\s*(?:[#@*;%]|//|/\*|--|\[)")
"""A comment or decorator that is not the symbol's own in this version: it might be in the other."""
_DEFINES = re.compile(rb"[ \t]*(?:async|class|def|fn|func|function|proc|sub)\b")


class Span(NamedTuple):
    """A symbol's bytes in a version, and whether they are the same as in the version it was followed from."""

    start: int
    end: int
    same: bool


class _Versions(NamedTuple):
    """Two versions: they are equal before `low`, and from `old_stop` and `stop` on."""

    old: bytes
    new: bytes
    low: int
    old_stop: int
    stop: int


def followed(old: bytes, new: bytes, span: tuple[int, int], address: str) -> Span | None:
    """Where the symbol that `new` has at `span` stands in `old`; None where only a parse can tell."""
    start, end = span
    if old == new:
        return Span(start, end, True)
    if "#" in address or not _whole_lines(new, start, end):
        return None
    low, tail = _ends(old, new)
    both = _Versions(old, new, low, len(old) - tail, len(new) - tail)
    found = _unchanged(both, start, end) or _changed(both, start, end, address)
    around = _around(new, start, end)
    if found is None or around != _around(old, found.start, found.end) or _ON_TOP.match(around[0]):
        return None
    # What differs after it names and nests nothing that concerns it.
    was, now = old[low : min(both.old_stop, found.start)], new[low : min(both.stop, start)]
    if was == now:
        return found
    depth = _indent(new[start:end])
    if _defining(was, depth, address) != _defining(now, depth, address):
        return None
    return found if (_same_scope if depth else _leaves)(both, found.start, start) else None


def _unchanged(both: _Versions, start: int, end: int) -> Span | None:
    """The symbol where the same text stands, and only there."""
    text = both.new[start:end]
    if both.low >= end:
        at = start
    elif both.stop <= start:
        at = start + both.old_stop - both.stop
    else:
        at = both.old.find(text, max(both.low - len(text), 0))
        if at < 0 or both.old.find(text, at + 1) >= 0:
            return None
    return Span(at, at + len(text), True) if both.old[at : at + len(text)] == text else None


def _changed(both: _Versions, start: int, end: int, address: str) -> Span | None:
    """The symbol where its first lines, up to its name, and its last one stand unchanged with what surrounds them."""
    old, new = both.old, both.new
    name = re.compile(rb"\b" + re.escape(address.rpartition(".")[2].encode()) + rb"\b.*\n?").search(new, start, end)
    last = new.rfind(b"\n", start, end) + 1
    if name is None or not name.end() <= last:
        return None
    before, after = _around(new, start, end)
    head, foot = before + new[start : name.end()], new[last:end] + after
    at = old.find(head)
    stop = old.find(foot, at + len(head))
    if min(at, stop) < 0 or old.find(head, at + 1) >= 0 or old.find(foot, stop + 1, stop + end - start) >= 0:
        return None
    was, now = old[at + len(head) : stop], new[name.end() : last]
    low, tail = _ends(was, now)
    was, now = was[low : len(was) - tail], now[low : len(now) - tail]
    depth = _indent(new[start:end]) + 1
    if _outer(was, depth) or _outer(now, depth) or _nesting(was) != _nesting(now):
        return None
    at, stop = at + len(before), stop + end - last
    return Span(at, stop, old[at:stop] == new[start:end])


def _around(data: bytes, start: int, end: int) -> tuple[bytes, bytes]:
    """The nearest lines with text before and after a symbol, and the blank ones between.

    Comments on top belong to a symbol, and what follows may belong to it in languages without braces.
    """
    before, after = data[:start].rstrip(), data[end:].lstrip()
    stop = data.find(b"\n", len(data) - len(after))
    return data[before.rfind(b"\n") + 1 : start], data[end : len(data) if stop < 0 else stop]


def _outer(part: bytes, depth: int) -> bool:
    """True when a line is less indented than it may be."""
    return any(_indent(line) < depth for line in part.split(b"\n") if line.strip())


def _defining(part: bytes, depth: int, address: str) -> list[bytes]:
    """The lines that may define one of an address's names beside the symbol, or what it is in."""
    names = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in address.split(".")) + rb")\b")
    lines = part.split(b"\n") if names.search(part) else []
    return [line for line in lines if names.search(line) and (_indent(line) <= depth or _DEFINES.match(line))]


def _leaves(both: _Versions, at: int, start: int) -> bool:
    """True when what differs before a symbol that is not indented, and what follows it, leaves it in its scope."""
    was, now = both.old[both.low : min(both.old_stop, at)], both.new[both.low : min(both.stop, start)]
    nesting = _nesting(was)
    if nesting != _nesting(now):
        return False
    return not nesting[1] or not _nesting(both.new[both.low : start])[1]


def _same_scope(both: _Versions, at: int, start: int) -> bool:
    """True when an indented symbol stands below the same less and less indented lines, as deep in brackets."""
    was, now = _above(both.old[:at], both.old[at:]), _above(both.new[:start], both.new[start:])
    return was[0] == now[0] and _nesting(both.old[was[1] : at]) == _nesting(both.new[now[1] : start])


def _above(data: bytes, symbol: bytes) -> tuple[list[bytes], int]:
    """The nearest less indented line before the end of `data`, the nearest less indented one before that, and so on.

    Also where the last of them, the outermost, begins.
    """
    depth, at = _indent(symbol[: symbol.find(b"\n")]), len(data)
    lines: list[bytes] = []
    for line in reversed(data.splitlines(keepends=True)):
        at -= len(line)
        indent = _indent(line)
        if indent < depth and line.strip():
            lines.append(line)
            depth = indent
            if not depth:
                break
    return lines, at


def _nesting(part: bytes) -> tuple[list[bytes], list[bytes]]:
    """What a part closes of before, and what it leaves open."""
    closed: list[bytes] = []
    waiting: list[bytes] = []
    for found in _DEPTH.findall(part):
        mark = b"#" + found.split(b"#")[1].strip() if b"#" in found else found
        if mark in _OPENS:
            waiting.append(_OPENS[mark])
        elif waiting and waiting[-1] == mark:
            waiting.pop()
        elif mark in _TOGGLES:
            waiting.append(mark)
        elif mark != b"#el" or b"#endif" not in waiting:
            closed += [*waiting, mark]  # what does not match is told as it stands
            waiting = []
    return closed, waiting


def _whole_lines(data: bytes, start: int, end: int) -> bool:
    """True when nothing else stands on the first and the last line."""
    before = data[data.rfind(b"\n", 0, start) + 1 : start]
    stop = data.find(b"\n", end)
    return not before.strip() and data[end : len(data) if stop < 0 else stop].strip() in (b"", b";", b",")


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))


def _ends(old: bytes, new: bytes) -> tuple[int, int]:
    """How many bytes two texts share at their beginning and at their end, in whole lines."""
    low = old.rfind(b"\n", 0, _shared(old, new)) + 1
    a, b = old[low:], new[low:]
    tail = _shared(a[::-1], b[::-1])
    at = a.find(b"\n", len(a) - tail)
    return low, 0 if at < 0 else len(a) - at - 1


def _shared(a: bytes, b: bytes) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
