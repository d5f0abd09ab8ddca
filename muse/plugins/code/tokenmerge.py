"""Three-way merge of a few lines by token, without a parser, and the test whether one side's change holds the other's.

White space belongs to the token that follows it, so that new formatting never stands against new content. Where
indentation has a meaning, what begins a line is a token of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from muse.plugins.code.seqdiff import Edit, Region, edits, regions
from muse.plugins.code.tokens import tokens

_MAX_TOKENS = 6000
_MAX_BYTES = 60_000
_APART = (b",", b";", b":", b"=", b'"')  # what stands left and right of one of these are different things


class _Unit(NamedTuple):
    """A token, the white space before it, and what it is compared by."""

    space: bytes
    text: bytes
    key: bytes


def merge_tokens(base: bytes, ours: bytes, theirs: bytes, *, indented: bool) -> bytes | None:
    """The merged text; None where edits meet. Edits with nothing but signs between them meet too, except where a comma
    or the like is among these."""
    if not base or not ours or not theirs or len(base) + len(ours) + len(theirs) > _MAX_BYTES:
        return None
    b, o, t = (_units(side, indented) for side in (base, ours, theirs))
    if len(b) + len(o) + len(t) > _MAX_TOKENS:
        return None
    words = [_keys(side) for side in (b, o, t)]
    found = regions(*words, weak=_is_sign, firm=None)
    if any(region.kind == "conflict" for region in found):
        return None
    if _on_lines_of_their_own(b, found) or _slide_together(*words):
        return None
    out: list[_Unit] = []
    last = ""
    for kind, b0, b1, o0, o1, t0, t1 in found:
        if kind == "same":
            kept = [_spaced(*units) for units in zip(b[b0:b1], o[o0:o1], t[t0:t1], strict=True)]
            after = t[t0] if last == "theirs" else o[o0]
            if b"\n" in after.space:  # what was inserted may be a comment that only its own side's line end closes
                kept[0] = after
            out += kept
        else:
            out += t[t0:t1] if kind == "theirs" else o[o0:o1]
        last = kind
    return b"".join(unit.space + unit.text for unit in out)


def _slide_together(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> bool:
    """True when an insertion or deletion means the same a little further on, and meets an edit of the other side there:
    a second `@A int x, ` before `@A int y` may be said to stand before or behind the first `@A`."""
    mine, its = edits(base, ours), edits(base, theirs)
    reaches = [(edit, *_reach(base, theirs, edit)) for edit in its]
    for one in mine:
        low, high, slides = _reach(base, ours, one)
        for other, start, end, slid in reaches:
            same = one[:2] == other[:2] and ours[one.b0 : one.b1] == theirs[other.b0 : other.b1]
            if (slides or slid) and not same and low <= end and start <= high:
                return True
    return False


def _reach(base: list[bytes], side: list[bytes], edit: Edit) -> tuple[int, int, bool]:
    """From where to where in `base` an edit may be said to be, and whether that is more than one place. Past a comma
    it is another element's."""
    low, high, text = edit.a0, edit.a1, base
    if edit.a0 == edit.a1:
        text, first, last = side, edit.b0, edit.b1
    elif edit.b0 == edit.b1:
        first, last = edit.a0, edit.a1
    else:
        return low, high, False
    run = text[first:last]
    while low and base[low - 1] == run[(low - 1 - edit.a0) % len(run)] not in _APART:
        low -= 1
    while high < len(base) and base[high] == run[(high - edit.a1) % len(run)] not in _APART:
        high += 1
    return low, high, (low, high) != (edit.a0, edit.a1)


def _on_lines_of_their_own(base: Sequence[_Unit], found: Sequence[Region]) -> bool:
    """True when no line was edited by both sides: if such lines disagree, tokens cannot say why not."""
    sides: set[str] = set()
    last, broken = "", False
    for region in found:
        if region.kind in ("ours", "theirs"):
            broken |= b"\n" in base[region.b0].space + base[region.b0].text
            if last not in ("", region.kind) and not broken:
                return False
            last, broken = region.kind, False
            sides.add(last)
        else:
            broken |= any(b"\n" in unit.space + unit.key for unit in base[region.b0 : region.b1])
    return len(sides) > 1


def _spaced(was: _Unit, ours: _Unit, theirs: _Unit) -> _Unit:
    """The token with the white space that one side gave it; with more lines where both did, whichever side is ours."""
    if was.space in (ours.space, theirs.space):
        return theirs if was.space == ours.space else ours
    return max(ours, theirs, key=lambda unit: (unit.space.count(b"\n"), unit.space))


def holding(base: bytes, ours: bytes, theirs: bytes, *, indented: bool) -> bytes | None:
    """The side whose change has all of the other's change in it; None when neither has.

    Compared by line, then by token. A deletion is held only by a deletion: against a rewrite it is a conflict.
    """
    if len(base) + len(ours) + len(theirs) > _MAX_BYTES:
        return None
    for cut, grown in ((_lines, _longer), (_words, _filled)):
        b, o, t = (cut(side, indented) for side in (base, ours, theirs))
        if len(b) + len(o) + len(t) > _MAX_TOKENS:
            return None
        if o == t:  # they differ in white space alone
            return max(ours, theirs, key=lambda side: (side.count(b"\n"), side))
        if _is_part(b, o, t, grown):
            return theirs
        if _is_part(b, t, o, grown):
            return ours
    return None


def _is_part(
    base: list[bytes], small: list[bytes], large: list[bytes], grown: Callable[[list[bytes], list[bytes]], bool]
) -> bool:
    """True when every edit from `base` to `small` is part of one from `base` to `large`: what it put there has `grown`
    there, and is not just found in it somewhere. By chance, `a = 1` is, token for token, in `call(a, b); c = 1`."""
    found = edits(base, large)
    return all(
        any(
            wide.a0 <= edit.a0 and edit.a1 <= wide.a1
            and grown(small[edit.b0 : edit.b1], large[wide.b0 : wide.b1])
            and (edit.b0 < edit.b1 or wide.b0 == wide.b1)
            for wide in found
        )
        for edit in edits(base, small)
    )


def _longer(few: list[bytes], many: list[bytes]) -> bool:
    """True when `many` begins or ends with `few`."""
    return many[: len(few)] == few or many[len(many) - len(few) :] == few


def _filled(few: list[bytes], many: list[bytes]) -> bool:
    """True when `many` is `few` with more behind, or with less than as much again put in at one place."""
    extra = len(many) - len(few)
    if extra < 0 or many[: len(few)] == few:
        return extra >= 0
    same = next(at for at, (one, two) in enumerate(zip(few, many)) if one != two)
    begun = any(token.strip() for token in few[:same])  # an `if` put before it makes another thing of it
    return begun and extra < len(few) and few[same:] == many[same + extra :]


def _lines(data: bytes, indented: bool) -> list[bytes]:
    """Lines that are not blank, without differences in white space behind the first word."""
    lines = ((line[: len(line) - len(line.lstrip())], b" ".join(line.split())) for line in data.split(b"\n"))
    return [indent + words for indent, words in lines if words]


def _words(data: bytes, indented: bool) -> list[bytes]:
    return _keys(_units(data, indented))


def _keys(units: Sequence[_Unit]) -> list[bytes]:
    return [unit.key for unit in units]


def _units(data: bytes, indented: bool) -> list[_Unit]:
    """Tokens with the white space before them; the last one is empty and stands for the end."""
    out = []
    space, starts = b"", indented
    for token in [*tokens(data), b""]:
        if token.isspace():
            space += token
            starts |= indented and b"\n" in token
            continue
        if starts and token:
            cut = space.rfind(b"\n") + 1
            out.append(_Unit(space[:cut], space[cut:], b"\n" + space[cut:]))
            space, starts = b"", False
        out.append(_Unit(space, token, token))
        space = b""
    return out


def _is_sign(token: Hashable) -> bool:
    """True for what is no word, no number and no separator."""
    return isinstance(token, bytes) and token not in _APART and not (token[:1].isalnum() or token[:1] in _NAMING)


_NAMING = (b"_", *(bytes([byte]) for byte in range(0x80, 0x100)))
