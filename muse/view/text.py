"""Deltas as lines of text, the same in every verb: one line for a path, its inner changes indented below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from muse.core import terminal
from muse.core.terminal import one_line as one_line

if TYPE_CHECKING:
    from muse.domain import DomainOp, StructuredDelta

SIGNS = {"insert": "+", "delete": "-", "replace": "~", "move": ">", "patch": "~"}
LETTERS = {"insert": "A", "delete": "D", "replace": "M", "patch": "M", "move": "M"}
WORDS = {"A": "added", "D": "deleted", "M": "modified", "R": "renamed", "C": "copied"}
_COLORS = {
    "+": "32",
    "-": "31",
    "~": "33",
    ">": "36",
    "A": "32",
    "D": "31",
    "M": "33",
    "R": "36",
    "C": "36",
    "staged": "32",
    "unstaged": "31",
    "ok": "32",
    "note": "33",
    "bad": "31;1",
    "commit": "33",
    "path": "1",
    "base": "2",
    "ours": "34",
    "theirs": "33",
}
INDENT = "    "
_IN_WORDS = {"midi"}  # domains whose summaries say where and what; an address would only repeat it


def delta_lines(delta: StructuredDelta, *, color: bool = False, deep: bool = True) -> Iterator[str]:
    """Every path of a delta; with `deep`, what changed inside as well."""
    for op in delta["ops"]:
        yield from path_lines(op, color=color, deep=deep)


def path_lines(op: DomainOp, *, color: bool = False, deep: bool = True) -> Iterator[str]:
    """One path: `M  api.py: load() renamed read()`, then its inner changes."""
    letter = letter_of(op)
    said = sentence(op) if deep else shorten(sentence(op))
    path = op["address"]
    yield f"{paint(letter, letter, color)}  {terminal.path(path)}{': ' + said if said else ''}"
    if deep and op["op"] == "patch":
        yield from inner_lines(op["child_ops"], path, color=color, plain=op["child_domain"] in _IN_WORDS)


def inner_lines(
    ops: Iterable[DomainOp], parent: str, *, depth: int = 1, color: bool = False, plain: bool = False
) -> Iterator[str]:
    """The operations inside a container, deeper ones indented further; `plain`: in words alone, without addresses."""
    for op in ops:
        if op.get("quiet"):
            continue
        sign = SIGNS[op["op"]]
        yield f"{INDENT * depth}{paint(sign, sign, color)} {_inside(op, '' if plain else parent, plain)}"
        if op["op"] == "patch" and not (plain and depth > 1):
            yield from inner_lines(op["child_ops"], op["address"], depth=depth + 1, color=color, plain=plain)


def letter_of(op: DomainOp) -> str:
    """Git's letter for what happened to a path."""
    if op["op"] == "patch" and op.get("from_address", op["address"]) != op["address"]:
        return "C" if op["child_summary"].startswith("copied from") else "R"
    return LETTERS[op["op"]]


def sentence(op: DomainOp) -> str:
    """What a person wants to know of a path beyond its letter; "" when the letter says it all."""
    path = op["address"]
    said = _summary(op)
    for plain in (f"added {path}", f"deleted {path}", f"changed {path}", path):
        if said == plain:
            return ""
    return one_line(said.removeprefix(f"{path}: "))


def headline(delta: StructuredDelta, most: int = 3) -> str:
    """The whole delta in one line: what happened in the first paths, and how many more there are."""
    told = []
    for op in delta["ops"][:most]:
        said = shorten(sentence(op)) or WORDS[letter_of(op)]
        told.append(f"{terminal.path(op['address'])}: {said}")
    more = len(delta["ops"]) - most
    return "; ".join(told) + (f"; {more} more" if more > 0 else "")


def shorten(text: str, most: int = 100) -> str:
    """The first parts of a long sentence, cut where one ends, and how many more there are."""
    if len(text) <= most:
        return text
    joint = "; " if "; " in text else ", "
    first, *rest = text.split(joint)
    said = first if len(first) <= most else first[: most - 3] + "..."
    while rest and len(said) + len(joint) + len(rest[0]) <= most:
        said += joint + rest.pop(0)
    return f"{said}{joint}and more" if rest else said


def brief(text: str, most: int) -> str:
    """A text that a file made long, cut: no name is a page."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def paint(text: str, kind: str, color: bool) -> str:
    """The text in the colour of its kind."""
    return terminal.painted(text, _COLORS.get(kind, "0")) if color else text


def _summary(op: DomainOp) -> str:
    if op["op"] == "patch":
        return op["child_summary"]
    if op["op"] == "replace":
        return op["new_summary"]
    if op["op"] == "move":
        return f"moved from {op['from_position']} to {op['to_position']}"
    return op["content_summary"]


def _inside(op: DomainOp, parent: str, plain: bool = False) -> str:
    """An inner operation, by its address without the parent's and what is said of it."""
    address = op["address"]
    for joint in ("::", "/", "."):
        address = address.removeprefix(parent + joint)
    said = _summary(op)
    if op["op"] == "replace" and op["old_summary"] != op["address"] and op["old_summary"] not in said:
        said = f"{op['old_summary']} -> {said}"
    if not said or said == address:
        return one_line(address)
    if plain:
        return one_line(said)
    return one_line(said if address in said else f"{address}: {said}")
