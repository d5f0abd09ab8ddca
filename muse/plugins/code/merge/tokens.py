"""Three-way merge of a few lines by token, without a parser, and the test whether one side's change holds the other's.

White space belongs to the token that follows it, so that new formatting never stands against new content; between the
quotes of a string it is a token like others. Where indentation has a meaning, what begins a line is a token of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from muse.core.late import regex
from muse.core.sequences import Edit, Region, edited_beside_a_copy, edits, regions
from muse.plugins.code.syntax.tokens import tokens

_MAX_TOKENS = 6000
_MAX_BYTES = 60_000
_STRING = regex(rb"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\\n]|\\.)*`)")
_SPACED = regex(_STRING.pattern + rb"|\s+")
_APART = (b",", b";", b":", b"=", b'"', b"&&", b"||")
"""What stands left and right of one of these are different things."""


Comment = tuple[bytes, bytes]
"""What stands before and after the text of a comment on one line."""
NO_COMMENT = (b"", b"")


class _Unit(NamedTuple):
    """A token, the white space before it, and what it is compared by."""

    space: bytes
    text: bytes
    key: bytes


def merge_tokens(
    base: bytes, ours: bytes, theirs: bytes, *, indented: bool, comment: Comment = NO_COMMENT
) -> bytes | None:
    """The merged text; None where edits meet. Edits with nothing but signs between them meet too, except where a comma
    or the like is among these. `comment`: how the language writes a comment on one line."""
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
    if edited_beside_a_copy(*words, weak=_is_weak, touching=False) or _edits_rest_of_split_line(b, o, t, found):
        return None
    if (
        _swapped(b, o, t, found)
        or (indented and _blocks_disagree(words, found))
        or _commented_out(b, o, t, found, comment)
        or _operators_meet(words, found)
        or _conditions_mixed(words, found)
        or _put_in_by_both(b, words, found)
    ):
        return None
    out: list[_Unit] = []
    last = ""
    for kind, b0, b1, o0, o1, t0, t1 in found:
        if kind == "same":
            kept = [_spaced(*units) for units in zip(b[b0:b1], o[o0:o1], t[t0:t1], strict=True)]
            after = t[t0] if last == "theirs" else o[o0]
            if b"\n" in after.space and b"\n" not in kept[0].space:
                kept[0] = after  # what was inserted may be a comment that only its own side's line end closes
            out += kept
        else:
            out += t[t0:t1] if kind == "theirs" else o[o0:o1]
        last = kind
    return b"".join(unit.space + unit.text for unit in out)


def _put_in_by_both(base: Sequence[_Unit], words: Sequence[list[bytes]], found: Sequence[Region]) -> bool:
    """True when on one line both sides put the same into a list, each at a place of its own."""
    put: dict[str, set[tuple[bytes, ...]]] = {"ours": set(), "theirs": set()}
    listed = False
    for region in found:
        if region.kind == "same" and any(b"\n" in unit.space + unit.text for unit in base[region.b0 : region.b1]):
            put, listed = {"ours": set(), "theirs": set()}, False
        elif region.kind in put:
            run = words[1][region.o0 : region.o1] if region.kind == "ours" else words[2][region.t0 : region.t1]
            listed |= b"," in run
            put[region.kind] |= set(_elements(run)) - set(_elements(words[0][region.b0 : region.b1]))
            if listed and put["ours"] & put["theirs"]:
                return True
    return False


def _elements(run: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """The words of what stands between commas, numbers alone left out: they come as often as they like."""
    words: list[bytes] = []
    for word in (*run, b","):
        if word != b",":
            words += [word] if _is_word(word) else []
            continue
        if any(not each.isdigit() for each in words):
            yield tuple(words)
        words = []


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


def _swapped(base: Sequence[_Unit], ours: Sequence[_Unit], theirs: Sequence[_Unit], found: Sequence[Region]) -> bool:
    """True when one side moved a word and the other edited those lines: in `{a: 1, b: 1}` turned round, only the names
    look changed, and an edit of the first value would become one of `b`."""
    lines = [0]
    for unit in base:
        lines.append(lines[-1] + (b"\n" in unit.space + unit.key))
    for kind, side in (("ours", ours), ("theirs", theirs)):
        gone: dict[bytes, Region] = {}
        for at in found:
            if at.kind == kind:
                gone.update((unit.key, at) for unit in base[at.b0 : at.b1] if _is_word(unit.key))
        spans = set()
        for at in found:
            if at.kind == kind:
                units = side[at.o0 : at.o1] if kind == "ours" else side[at.t0 : at.t1]
                for was in {gone.get(unit.key, at) for unit in units} - {at}:
                    spans.add((lines[min(was.b0, at.b0)], lines[max(was.b1, at.b1)]))
        others = [(lines[each.b0], lines[each.b1]) for each in found if each.kind not in ("same", kind)]
        if any(low <= last and first <= high for low, high in spans for first, last in others):
            return True
    return False


def _blocks_disagree(words: Sequence[list[bytes]], found: Sequence[Region]) -> bool:
    """True when one side moved lines in or out and the other has other lines there: which block these belong to now,
    neither says."""
    base, ours, theirs = words
    moved: set[str] = set()
    counted: set[str] = set()
    for kind, b0, b1, o0, o1, t0, t1 in found:
        if kind in ("ours", "theirs"):
            old = [key for key in base[b0:b1] if key[:1] == b"\n"]
            new = [key for key in (ours[o0:o1] if kind == "ours" else theirs[t0:t1]) if key[:1] == b"\n"]
            if len(old) != len(new):
                counted.add(kind)
            if old != new and old and new:
                moved.add(kind)
    return bool(moved) and len(moved | counted) > 1


def _commented_out(
    base: Sequence[_Unit], ours: Sequence[_Unit], theirs: Sequence[_Unit], found: Sequence[Region], comment: Comment
) -> bool:
    """True when one side made a comment of a line that the other side edited: that is a deletion against an edit."""
    out = ""
    for at in found:
        if at.kind not in ("ours", "theirs"):
            if any(b"\n" in unit.space + unit.key for unit in base[at.b0 + 1 : at.b1]):
                out = ""
            continue
        if out and out != at.kind and at.b0 < len(base) - 1 and b"\n" not in base[at.b0].space + base[at.b0].key:
            return True
        side, start, stop = (ours, at.o0, at.o1) if at.kind == "ours" else (theirs, at.t0, at.t1)
        head = _line_start(side, stop)
        if start <= head < stop and _opens_comment(side[head:stop], comment) and not _in_comment(base, at.b1, comment):
            out = at.kind
    return False


def _operators_meet(words: Sequence[list[bytes]], found: Sequence[Region]) -> bool:
    """True when one side put an operator before a word and the other one behind it: which of them binds the word is
    then up to the language, and neither side saw it (`size` made `2 * size` by one, `size or 4` by the other)."""
    base, ours, theirs = words
    for left, between, right in zip(found, found[1:], found[2:], strict=False):
        if {left.kind, right.kind} != {"ours", "theirs"} or not _is_operand(base[between.b0 : between.b1]):
            continue
        before, behind = (ours[at.o0 : at.o1] if at.kind == "ours" else theirs[at.t0 : at.t1] for at in (left, right))
        if before and behind and _is_operator(before[-1]) and _is_operator(behind[0]):
            return True
    return False


def _conditions_mixed(words: Sequence[list[bytes]], found: Sequence[Region]) -> bool:
    """True when one side put an `and` into a statement and the other one an `or`: which of them binds what, neither
    side saw (`a && b` made `a && b || c` by one, `d && a && b` by the other)."""
    base, ours, theirs = words
    put: dict[str, set[str]] = {"ours": set(), "theirs": set()}
    for at in found:
        if at.kind not in put:
            if _ENDS.intersection(base[at.b0 : at.b1]):
                put = {"ours": set(), "theirs": set()}
            continue
        new = ours[at.o0 : at.o1] if at.kind == "ours" else theirs[at.t0 : at.t1]
        more = Counter(new) - Counter(base[at.b0 : at.b1])
        put[at.kind] |= {_JOINTS[word] for word in more if word in _JOINTS}
        if put["ours"] and put["theirs"] and len(put["ours"] | put["theirs"]) > 1:
            return True
    return False


_JOINTS = {b"&&": "and", b"and": "and", b"||": "or", b"or": "or"}
_ENDS = frozenset((b";", b"{", b"}"))


def _is_operand(words: list[bytes]) -> bool:
    """True for a name or number, with what leads to it."""
    return bool(words) and all(word in (b".", b"$", b"@") or _is_word(word) for word in words)


def _is_operator(word: bytes) -> bool:
    return word[:1] in _OPERATORS or word in (b"and", b"or", b"not", b"in", b"is", b"if", b"else", b"as", b"instanceof")


_OPERATORS = frozenset(bytes([byte]) for byte in b"+-*/%<>|&^?!~")


def _line_start(units: Sequence[_Unit], at: int) -> int:
    """The first unit that is no white space on the line of `at`."""
    while at and b"\n" not in units[at].space + units[at].key:
        at -= 1
    return at if units[at].text.strip() or at + 1 == len(units) else at + 1


def _in_comment(units: Sequence[_Unit], at: int, comment: Comment) -> bool:
    head = _line_start(units, at)
    return _opens_comment(units[head : max(at, head + 3)], comment)


def _opens_comment(units: Sequence[_Unit], comment: Comment) -> bool:
    """True when what follows these units on their line is in a comment that they begin."""
    text = b"".join(unit.text for unit in units)
    opened = next((closing for opening, closing in (*_COMMENTS, comment) if opening and text.startswith(opening)), None)
    return opened is not None and not (opened and opened in text)


_COMMENTS = (  # of text without a language, and beside a language's own
    (b"#", b""),
    (b"//", b""),
    (b"--", b""),
    (b";", b""),
    (b"%", b""),
    (b"REM", b""),
    (b"/*", b"*/"),
    (b"<!--", b"-->"),
)


def _edits_rest_of_split_line(
    base: Sequence[_Unit], ours: Sequence[_Unit], theirs: Sequence[_Unit], found: Sequence[Region]
) -> bool:
    """True when one side put lines of its own before and behind some words of a line, and the other edited these: what
    was left of the line is found in the new ones, where it may say something else."""
    torn: dict[str, bool] = {}  # side -> the other has edited the line since this side put lines into it
    for at in found:
        if at.kind not in ("ours", "theirs"):
            if any(b"\n" in unit.space + unit.key for unit in base[at.b0 + 1 : at.b1]):
                torn = {}
            continue
        other = "theirs" if at.kind == "ours" else "ours"
        if other in torn:
            torn[other] = True
        new = ours[at.o0 : at.o1] if at.kind == "ours" else theirs[at.t0 : at.t1]
        if any(b"\n" in unit.space + unit.key for unit in new) and any(_is_word(unit.key) for unit in new):
            if torn.get(at.kind):
                return True
            torn[at.kind] = False
    return False


def _spaced(was: _Unit, ours: _Unit, theirs: _Unit) -> _Unit:
    """The token with the white space that one side gave it; with more lines where both did, whichever side is ours."""
    if was.space in (ours.space, theirs.space):
        return theirs if was.space == ours.space else ours
    return max(ours, theirs, key=lambda unit: (unit.space.count(b"\n"), unit.space))


def containing_side(
    base: bytes, ours: bytes, theirs: bytes, *, indented: bool, comment: Comment = NO_COMMENT
) -> bytes | None:
    """The side whose change has all of the other's change in it; None when neither has.

    Compared by line, then by token. A deletion is held only by a deletion: against a rewrite it is a conflict. By token
    no word that both replaced is held: `20 * 60` has `20` in it, and is another answer to what the value should be.
    """
    if len(base) + len(ours) + len(theirs) > _MAX_BYTES:
        return None
    for cut, is_part in ((_lines, _is_part_by_line), (_words, _is_part_by_token)):
        b, o, t = (cut(side, indented) for side in (base, ours, theirs))
        if len(b) + len(o) + len(t) > _MAX_TOKENS:
            return None
        if cut is _words and b in (o, t):  # one side has new white space alone
            return merge_tokens(base, ours, theirs, indented=indented, comment=comment) or (theirs if b == o else ours)
        if o == t:  # they differ in white space alone
            return max(ours, theirs, key=lambda side: (side.count(b"\n"), side))
        if is_part(b, o, t) and b != o:
            return theirs
        if is_part(b, t, o) and b != t:
            return ours
    return None


def _is_part_by_line(base: list[bytes], small: list[bytes], large: list[bytes]) -> bool:
    """True when every edit from `base` to `small` is part of one from `base` to `large`: what it put there is there
    with lines added at one place, and is not just found in it somewhere."""
    found = edits(base, large)
    return all(
        any(
            wide.a0 <= edit.a0
            and edit.a1 <= wide.a1
            and _longer(small[edit.b0 : edit.b1], large[wide.b0 : wide.b1])
            and (edit.b0 < edit.b1 or wide.b0 == wide.b1)
            for wide in found
        )
        for edit in edits(base, small)
    )


def _longer(few: list[bytes], many: list[bytes]) -> bool:
    """True when `many` is `few` with lines of their own before or behind, or, fewer than these, in between."""
    extra = len(many) - len(few)
    if extra < 0:
        return False
    same = next((at for at, (one, two) in enumerate(zip(few, many, strict=False)) if one != two), len(few))
    if few[same:] != many[same + extra :] or (0 < same < len(few) and extra >= len(few)):
        return False
    if not few or not extra:
        return True
    deepest = max(map(_depth, few[max(same - 1, 0) : same + 1]))  # a deeper line goes on with what is before it
    added = many[same]
    return _depth(added) <= deepest and not (same and _depth(added) and added.lstrip().startswith(_GOING_ON))


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip())


_GOING_ON = (b".", b"?", b"+ ", b"&&", b"||", b"and ", b"or ")


def _is_part_by_token(base: list[bytes], small: list[bytes], large: list[bytes]) -> bool:
    """True when `large` has every edit from `base` to `small` as it is, none of them met by another of its own, but for
    elements of a list: where one side added or deleted some, the other may have added or deleted more."""
    for kind, b0, b1, s0, s1, l0, l1 in regions(base, small, large, weak=_is_sign, firm=None):
        alone = (*base[max(b0 - 1, 0) : b0], *base[b1 : b1 + 1]) in _PAIRS
        if kind == "ours":
            return False
        if kind == "conflict" and not (
            (b0 == b1 and _more_elements(small[s0:s1], large[l0:l1], alone=alone))
            or _fewer_elements(base[b0:b1], small[s0:s1], large[l0:l1])
        ):
            return False
    return True


def _more_elements(few: list[bytes], many: list[bytes], *, alone: bool) -> bool:
    """True when `few` are elements of a list with their commas, and `many` the same with others behind. `alone`: there
    was nothing else in the brackets."""
    first = [b","] if alone else []
    return many[: len(few)] == few and _are_elements(first + few, many[len(few) :])


def _fewer_elements(base: list[bytes], left: list[bytes], fewer: list[bytes]) -> bool:
    """True when `base` lost elements of a list at one place to become `left`, and others beside them to become
    `fewer`."""
    gone, more = edits(base, left), edits(left, fewer)
    if len(gone) != 1 or len(more) != 1 or gone[0].b0 != gone[0].b1 or more[0].b0 != more[0].b1:
        return False
    return _are_elements(base[gone[0].a0 : gone[0].a1], left[more[0].a0 : more[0].a1])


def _are_elements(one: list[bytes], two: list[bytes]) -> bool:
    """True for two runs that both begin, or both end, with a comma, and leave no bracket open."""
    if not one or not two:
        return False
    comma = one[0] == two[0] == b"," or one[-1] == two[-1] == b","
    return comma and all(run.count(opening) == run.count(closing) for run in (one, two) for opening, closing in _PAIRS)


_PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))


def _lines(data: bytes, indented: bool) -> list[bytes]:
    """Lines that are not blank, without differences in white space behind the first word, but for strings."""
    lines = ((line[: len(line) - len(line.lstrip())], line.strip()) for line in data.split(b"\n"))
    return [indent + _SPACED.sub(lambda found: found[1] or b" ", words) for indent, words in lines if words]


def _words(data: bytes, indented: bool) -> list[bytes]:
    return _keys(_units(data, indented))


def _keys(units: Sequence[_Unit]) -> list[bytes]:
    return [unit.key for unit in units]


def _units(data: bytes, indented: bool) -> list[_Unit]:
    """Tokens with the white space before them; the last one is empty and stands for the end."""
    out = []
    space, starts = b"", indented
    quoted = [found.span() for found in _STRING.finditer(data)][::-1]
    at = 0
    for token in [*tokens(data), b""]:
        at += len(token)
        while quoted and quoted[-1][1] < at:
            quoted.pop()
        if token.isspace():
            if quoted and quoted[-1][0] < at:
                out.append(_Unit(space, token, token))
                continue
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


def _is_weak(token: Hashable) -> bool:
    return not (isinstance(token, bytes) and _is_word(token))


def _is_word(token: bytes) -> bool:
    return token not in _APART and not token.isspace() and not _is_sign(token) and token != b""


def _is_sign(token: Hashable) -> bool:
    """True for what is no word, no number and no separator."""
    return isinstance(token, bytes) and token not in _APART and not (token[:1].isalnum() or token[:1] in _NAMING)


_NAMING = (b"_", *(bytes([byte]) for byte in range(0x80, 0x100)))
