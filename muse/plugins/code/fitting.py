"""A definition's text made to fit where it goes: its indentation, its line ends, and the blank lines around it.

What an agent sends may begin at the margin or be indented as in the file, with tabs or spaces, and may end in a newline
or not. It is written as the file around it is; lines inside of a string keep what they say.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import parse_anew

if TYPE_CHECKING:
    from tree_sitter import Node

Span = tuple[int, int]
_LOOKED_AT = 1 << 13  # bytes of a file that show its ways
_WIDEST = 4  # the most spaces that are one step
_ALWAYS = {"go": b"\t", "make": b"\t"}
_TEXT = frozenset({"markdown", "rst"})  # where deeper lines mean something else
_ABOVE = (b"@", b"#")  # what no deeper line follows
_UNITS = {"python": b"    ", "rust": b"    ", "java": b"    ", "csharp": b"    ",
          "php": b"    ", "kotlin": b"    ", "swift": b"    ", "c": b"    ", "cpp": b"    "}  # fmt: skip


class Style:
    """How a file is written: what a line ends with, and what one step of indentation is."""

    def __init__(self, language: Language, data: bytes) -> None:
        self.language = language
        self.newline = newline_of(data)
        self.known_unit = _ALWAYS.get(language.name) or unit_of(data[:_LOOKED_AT].split(b"\n"))
        self.unit = self.known_unit or _UNITS.get(language.name, b"  ")

    def fitted(self, text: bytes, lead: bytes, old: bytes = b"") -> bytes:
        """A definition's text with `lead` before its first line, without a newline at its end.

        It is indented as what it replaces is, `old`, else as the file is.
        """
        lines = text.replace(b"\r\n", b"\n").strip(b"\n").rstrip().split(b"\n")
        lines[1:] = [line if line.strip() else b"" for line in lines[1:]]
        still = self._in_strings(lines) if len(lines) > 1 else set()
        own = indent(lines[0])
        if lead and (own == lead or (not own and self._was_cut_out(lines, lead, still))):
            return self.newline.join([lead + lines[0][len(own) :], *lines[1:]])
        mine = (self.known_unit and unit_of(old.split(b"\n"))) or self.known_unit
        lines = self._in_units(lines, still, mine)
        own = indent(lines[0])
        return self.newline.join(
            lead + line[len(own) :] if line and line.startswith(own) and number not in still else line
            for number, line in enumerate(lines)
        )

    def _was_cut_out(self, lines: list[bytes], lead: bytes, still: set[int]) -> bool:
        """True when only the first line lost its place: the others stand as they do in the file."""
        depths = [len(indent(line)) for number, line in enumerate(lines) if number and line and number not in still]
        least = min(depths, default=0)
        if not depths or least < len(lead):
            return False
        if least > len(lead) or not self.language.indented or lines[0].startswith(_ABOVE):
            return True
        tree = parse_anew(self.language, b"\n".join(lines) + b"\n")
        return tree is not None and tree.root_node.has_error

    def _in_units(self, lines: list[bytes], still: set[int], mine: bytes | None) -> list[bytes]:
        """The lines with the unit of indentation `mine`, where they are written in whole steps of another one."""
        its = None if self.language.name in _TEXT else unit_of(lines)
        depths = [_depth(line) for number, line in enumerate(lines) if line and number not in still]
        if mine is None or its is None or mine == its or any(_rest(depth, its) for depth in depths):
            return lines
        if len(its) > _WIDEST:
            return lines  # a line that is continued
        return [
            mine * (len(_depth(line)) // len(its)) + line[len(_depth(line)) :] if number not in still else line
            for number, line in enumerate(lines)
        ]

    def _in_strings(self, lines: list[bytes]) -> set[int]:
        """The lines that begin inside of a string, those of Python's docstrings left out."""
        tree = parse_anew(self.language, b"\n".join(lines) + b"\n")
        found: set[int] = set()
        stack = [] if tree is None else [tree.root_node]
        while stack:
            node = stack.pop()
            if node.start_point[0] == node.end_point[0]:
                continue
            if ("string" in node.type or "heredoc" in node.type) and "interpolation" not in node.type:
                if not _is_docstring(node):
                    found.update(range(node.start_point[0] + 1, node.end_point[0] + 1))
            else:
                stack.extend(node.children)
        return found


def _is_docstring(node: Node) -> bool:
    around = node.parent
    if around is None or around.type != "expression_statement" or around.named_child_count != 1:
        return False
    return around.prev_named_sibling is None or around.prev_named_sibling.type == "comment"


def _rest(depth: bytes, unit: bytes) -> bool:
    return depth != unit * (len(depth) // len(unit))


def indent(line: bytes) -> bytes:
    """The white space that begins a line."""
    return line[: len(line) - len(line.lstrip(b" \t"))]


def _depth(line: bytes) -> bytes:
    """The white space that begins a line, without the space before the star of a comment that goes on."""
    found = indent(line)
    return found[:-1] if found.endswith(b" ") and line.startswith(b"*", len(found)) else found


def unit_of(lines: list[bytes]) -> bytes | None:
    """One step of indentation: a tab, or the number of spaces by which lines mostly go deeper; None where none does."""
    steps: Counter[bytes] = Counter()
    last: bytes | None = None
    for line in lines:
        if not line.strip() or line.lstrip().startswith(b"*"):
            continue
        now = indent(line)
        if last is not None and len(now) > len(last) and now.startswith(last):
            steps[now[len(last) :]] += 1
        last = now
    found = steps.most_common(1)
    return found[0][0] if found else None


# Lines of a file ------------------------------------------------------------------------------------------------------


def newline_of(data: bytes) -> bytes:
    """What a line mostly ends with."""
    head = data[:_LOOKED_AT]
    return b"\r\n" if 2 * head.count(b"\r\n") > head.count(b"\n") else b"\n"


def line_of(data: bytes, at: int) -> int:
    """Where the line of an offset begins."""
    return data.rfind(b"\n", 0, at) + 1


def line_end(data: bytes, at: int) -> int:
    """Where the line of an offset ends, before its line end."""
    found = data.find(b"\n", at)
    end = len(data) if found < 0 else found
    return end - 1 if found > at and data[end - 1 : end] == b"\r" else end


def blank_after(data: bytes, at: int) -> int:
    """How many blank lines follow the end of a line."""
    rest = data[at : at + 4096]
    between = rest[: len(rest) - len(rest.lstrip())]
    return max(between.count(b"\n") - 1, 0)


def without(data: bytes, start: int, stop: int) -> Span:
    """What goes when whole lines go: they, and the smaller of the gaps above and below.

    The first thing inside of another keeps what stood above it, the last one what stood below.
    """
    begin, end = line_of(data, start), stop
    if stop == begin or data[stop - 1 : stop] != b"\n":
        end = data.find(b"\n", stop) + 1 or len(data)
    above, below = begin, end
    while above and not data[line_of(data, above - 1) : above].strip():
        above = line_of(data, above - 1)
    while below < len(data) and not data[below : (data.find(b"\n", below) + 1 or len(data))].strip():
        below = data.find(b"\n", below) + 1 or len(data)
    depth = len(indent(data[begin : line_end(data, begin)]))
    first = above == 0 or len(indent(data[line_of(data, above - 1) : above])) < depth
    last = below == len(data) or len(indent(data[below : line_end(data, below)])) < depth
    if below == len(data):
        return above, below
    if last and not first:
        return above, end
    if first or data.count(b"\n", above, begin) >= data.count(b"\n", end, below):
        return begin, below
    return above, end


def with_comma(data: bytes, start: int, stop: int) -> Span:
    """A stretch of a line with the one of the commas around it that goes with it."""
    before, behind = data[:start].rstrip(b" \t"), data[stop:].lstrip(b" \t")
    if behind.startswith(b",") and before.endswith((b",", b"{", b"[", b"(")):
        rest = behind[1:].lstrip(b" \t")
        return start, len(data) - len(rest)
    if before.endswith(b",") and behind.startswith((b"}", b"]", b")")):
        return len(before) - 1, stop
    return start, stop


__all__ = [
    "Span",
    "Style",
    "blank_after",
    "indent",
    "line_end",
    "line_of",
    "newline_of",
    "unit_of",
    "with_comma",
    "without",
]
