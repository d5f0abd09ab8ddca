"""Join of source files: lift a file to cells, carry the cells along edits, write the file again.

Concurrent edits of different definitions converge to both. Of concurrent texts of one definition the winner is live and
the others follow as comment blocks, so that the file parses; where a language has no comments they stay in the state.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from muse.core.filejoin import FileJoin
from muse.core.schema import CRDTDimensionSpec
from muse.core.sequences import Edit, edits
from muse.core.types import blob_digest, edit_name
from muse.plugins.code.join.state import FILE, JoinState, Writer, empty
from muse.plugins.code.languages import language_of
from muse.plugins.code.languages.table import Language

_MANY = 1000  # pairs of cells that are compared
_LOOKED_AT = 400  # bytes of each

Fresh = dict[int, list[bytes]]
"""Lines to insert as new cells, by the index of the cell before them (-1: before all)."""

HEADING = "kept by join: another version, written at the same time"


def lift(path: str, data: bytes) -> JoinState:
    """The state of a file that has no history: ids from content and occurrence, so that equal files lift equally."""
    texts = _cells(path, data)
    writer = Writer(empty(), edit_name("lift", *map(blob_digest, texts)))
    after = None
    for text in texts:
        after = writer.insert(after, text)
    writer.touch()
    return writer.state()


def build(path: str, state: JoinState) -> bytes:
    """The file a state stands for."""
    return b"".join(line for _, lines in _rendered(path, state) for line in lines)


def advance(path: str, state: JoinState, new: bytes, actor: str) -> JoinState:
    """The state after an edit that turned `build(state)` into `new`: only cells whose lines changed are touched.

    `actor` names this one edit of this one state.
    """
    writer = Writer(state, actor)
    shown = _rendered(path, state)
    flat = [line for _, lines in shown for line in lines]
    owner = [index for index, (_, lines) in enumerate(shown) for _ in lines]
    wanted = new.splitlines(True)
    if flat == wanted:
        return state
    touched: set[int] = set()
    fresh: Fresh = {}
    texts: list[list[bytes]] = [[] for _ in shown]
    whose = [index for index, text in enumerate(_cells(path, new)) for _ in text.splitlines(True)]
    at = 0
    for edit in edits(flat, wanted):
        for line in range(at, edit.a0):
            texts[owner[line]].append(flat[line])
        at = edit.a1
        touched.update(owner[edit.a0 : edit.a1])
        if edit.a0 == edit.a1:
            _insert(edit.a0, wanted[edit.b0 : edit.b1], owner, texts, fresh, touched)
        else:
            _replace(edit, flat, owner, wanted, whose, texts, fresh)
    for line in range(at, len(flat)):
        texts[owner[line]].append(flat[line])
    for index in sorted(touched):
        cell, lines = shown[index]
        _rewrite(writer, cell, lines, texts[index])
    for index in sorted(fresh):
        after = shown[index][0] if index >= 0 else None
        for text in _cells(path, b"".join(fresh[index])):
            after = writer.insert(after, text)
    writer.touch()
    return writer.state()


def _rewrite(writer: Writer, cell: str, before: Sequence[bytes], now: list[bytes]) -> None:
    """Give a cell its lines, or take it away when there are none left."""
    if not now and before:
        writer.remove(cell)
    elif now != [*before]:
        writer.set(cell, b"".join(now))


def _insert(
    at: int, lines: list[bytes], owner: list[int], texts: list[list[bytes]], fresh: Fresh, touched: set[int]
) -> None:
    """Give lines inserted into a cell to it, and others to a new cell."""
    before = owner[at - 1] if at else -1
    if at < len(owner) and before == owner[at]:
        touched.add(before)
        texts[before].extend(lines)
    else:
        fresh.setdefault(before, []).extend(lines)


def _replace(
    edit: Edit,
    flat: list[bytes],
    owner: list[int],
    wanted: list[bytes],
    whose: list[int],
    texts: list[list[bytes]],
    fresh: Fresh,
) -> None:
    """Give the new lines of an edit to the cells they take the place of, and what there was not before to new cells.

    A cell of the new file that goes on outside of the edit is the old cell it goes on in; the others are paired with
    the old cells that the edit covers, in order, the likest first.
    """
    before = owner[edit.a0 - 1] if edit.a0 else -1
    after = owner[edit.a1] if edit.a1 < len(owner) else len(texts)
    if before == after:
        texts[before].extend(wanted[edit.b0 : edit.b1])
        return
    covered = [cell for cell in dict.fromkeys(owner[edit.a0 : edit.a1]) if cell not in (before, after)]
    pieces: dict[int, list[bytes]] = {}
    for line in range(edit.b0, edit.b1):
        pieces.setdefault(whose[line], []).append(wanted[line])
    home: dict[int, int] = {}
    if edit.b1 < len(wanted) and whose[edit.b1] in pieces and after in owner[edit.a0 : edit.a1]:
        home[whose[edit.b1]] = after
    if edit.b0 and whose[edit.b0 - 1] in pieces and before in owner[edit.a0 : edit.a1]:
        home[whose[edit.b0 - 1]] = before
    left = [piece for piece in pieces if piece not in home]
    old = {cell: b"".join(flat[line] for line in range(edit.a0, edit.a1) if owner[line] == cell) for cell in covered}
    home.update((left[j], covered[i]) for i, j in _paired([*old.values()], [b"".join(pieces[at]) for at in left]))
    last = before
    for piece, lines in pieces.items():
        if piece in home:
            last = home[piece]
            texts[last].extend(lines)
        elif last == after:
            texts[last].extend(lines)
        else:
            fresh.setdefault(last, []).extend(lines)


def _paired(old: list[bytes], new: list[bytes]) -> list[tuple[int, int]]:
    """Pairs in order, as many as there can be, whose texts are most alike together; in mere order where many."""
    if len(old) * len(new) > _MANY or len(old) == len(new):
        return list(zip(range(len(old)), range(len(new))))
    short, long = (old, new) if len(old) < len(new) else (new, old)
    none: tuple[int, ...] = ()
    best = [(0.0, none)] + [(-1.0, none)] * len(short)
    for at, text in enumerate(long):  # best[n]: the first n of the shorter, paired with some seen of the longer
        for n in range(len(short), 0, -1):
            known, places = best[n - 1]
            score = known + _likeness(short[n - 1], text) if known >= 0 else -1.0
            if score > best[n][0]:
                best[n] = (score, (*places, at))
    return [(i, j) if len(old) < len(new) else (j, i) for i, j in enumerate(best[-1][1])]


def _likeness(one: bytes, other: bytes) -> float:
    """From 0 to 2: how much of both is the same, and how many of their first words, which is where the name is."""
    from difflib import SequenceMatcher
    from itertools import takewhile

    one, other = one[:_LOOKED_AT], other[:_LOOKED_AT]
    words = [re.findall(rb"\w+", text) for text in (one, other)]
    same = len([*takewhile(lambda pair: pair[0] == pair[1], zip(*words))])
    return SequenceMatcher(None, one, other, autojunk=False).ratio() + same / max(*map(len, words), 1)


def _rendered(path: str, state: JoinState) -> list[tuple[str, list[bytes]]]:
    """Per visible cell its lines as they stand in the file, other versions as comments below the winner."""
    language = language_of(path)
    out: list[tuple[str, list[bytes]]] = []
    for cell, texts in state.visible():
        lines = texts[0].splitlines(True)
        for other in texts[1:]:
            lines = _ended(lines) + _commented(language, other)
        if out:
            out[-1] = (out[-1][0], _ended(out[-1][1]))
        out.append((cell, lines))
    return out


def _ended(lines: list[bytes]) -> list[bytes]:
    if lines and not lines[-1].endswith((b"\n", b"\r")):
        return [*lines[:-1], lines[-1] + b"\n"]
    return lines


def _commented(language: Language | None, text: bytes) -> list[bytes]:
    """A text as a block of comment lines; nothing in a language without comments."""
    if language is None or not language.comment_line[0]:
        return []
    start, end = language.comment_line
    out = []
    for line in [HEADING.encode(), *text.splitlines()]:
        body = line.replace(end.strip(), b"") if end else line
        out.append(start + b" " + body + end + b"\n" if body.strip() else start + end + b"\n")
    return out


def _cells(path: str, data: bytes) -> list[bytes]:
    """The file cut into definitions without further ones inside, and single lines between them."""
    lines = data.splitlines(True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    out: list[bytes] = []
    at = 0
    for low, high in _leaf_spans(path, data):
        first = next((i for i in range(at, len(lines)) if starts[i] <= low < starts[i + 1]), None)
        if first is None:
            continue
        last = next((i for i in range(first, len(lines)) if high <= starts[i + 1]), len(lines) - 1)
        out += [*lines[at:first], b"".join(lines[first : last + 1])]
        at = last + 1
    return out + lines[at:]


def _leaf_spans(path: str, data: bytes) -> list[tuple[int, int]]:
    language = language_of(path)
    if language is None or not language.definitions:
        return []
    from muse.plugins.code.syntax.symbols import symbols_of

    return sorted((symbol.start, symbol.end) for symbol in symbols_of(language, data) or [] if symbol.leaf)


def _removed(state: JoinState, actor: str) -> JoinState:
    writer = Writer(state, actor)
    writer.remove(FILE)
    return writer.state()


FILE_JOIN = FileJoin(
    read=JoinState.from_bytes, lift=lift, build=build, advance=advance, remove=_removed, alive=JoinState.alive
)
SCHEMA = (
    CRDTDimensionSpec(
        name="order", description="definitions, and the lines between them", crdt_type="rga", independent_merge=False
    ),
    CRDTDimensionSpec(
        name="texts",
        description="the text of each; concurrent ones are all kept",
        crdt_type="aw_map",
        independent_merge=True,
    ),
)
