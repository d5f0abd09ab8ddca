"""Join of source files: lift a file to cells, carry the cells along edits, write the file again.

Concurrent edits of different definitions converge to both. Of concurrent texts of one definition the winner is live and
the others follow as comment blocks, so that the file parses; where a language has no comments they stay in the state.
"""

from __future__ import annotations

from muse.plugins.code.joinstate import JoinState, Writer, empty
from muse.plugins.code.languages import language_of
from muse.plugins.code.languages.table import Language
from muse.plugins.code.seqdiff import edits

HEADING = "kept by join: another version, written at the same time"


def lift(path: str, data: bytes) -> JoinState:
    """The state of a file that has no history: ids from content and occurrence, so that equal files lift equally."""
    writer = Writer(empty(), "lift")
    after = None
    for text in _cells(path, data):
        after = writer.insert(after, text)
    writer.touch()
    return writer.state()


def build(path: str, state: JoinState) -> bytes:
    """The file a state stands for."""
    return b"".join(line for _, lines in _rendered(path, state) for line in lines)


def advance(path: str, state: JoinState, new: bytes, actor: str) -> JoinState:
    """The state after an edit that turned `build(state)` into `new`: only cells whose lines changed are touched."""
    writer = Writer(state, actor)
    shown = _rendered(path, state)
    flat = [line for _, lines in shown for line in lines]
    owner = [index for index, (_, lines) in enumerate(shown) for _ in lines]
    wanted = new.splitlines(True)
    parts: list[list[bytes]] = [list(lines) for _, lines in shown]
    touched: set[int] = set()
    fresh: dict[int, list[bytes]] = {}  # cell index (-1: before all) -> lines to insert after it
    texts: list[list[bytes]] = [[] for _ in shown]
    at = 0
    for edit in edits(flat, wanted):
        for line in range(at, edit.a0):
            texts[owner[line]].append(flat[line])
        _assign(edit.a0, edit.a1, wanted[edit.b0 : edit.b1], owner, texts, fresh, touched)
        at = edit.a1
    for line in range(at, len(flat)):
        texts[owner[line]].append(flat[line])
    for index, (cell, _) in enumerate(shown):
        if index in touched and texts[index] != parts[index]:
            if texts[index]:
                writer.set(cell, b"".join(texts[index]))
            else:
                writer.remove(cell)
    for index in sorted(fresh):
        after = shown[index][0] if index >= 0 else None
        for text in _cells(path, b"".join(fresh[index])):
            after = writer.insert(after, text)
    writer.touch()
    return writer.state()


def _assign(
    a0: int,
    a1: int,
    lines: list[bytes],
    owner: list[int],
    texts: list[list[bytes]],
    fresh: dict[int, list[bytes]],
    touched: set[int],
) -> None:
    """Give the new lines of one edit to the cells they replace, or to a new cell between two."""
    touched.update(owner[a0:a1])
    if a0 < a1:
        for place, line in enumerate(lines):
            texts[owner[min(a0 + place, a1 - 1)]].append(line)
        return
    before = owner[a0 - 1] if a0 else -1
    if a0 < len(owner) and before == owner[a0]:
        touched.add(before)
        texts[before].extend(lines)
    else:
        fresh.setdefault(before, []).extend(lines)


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
    from muse.plugins.code.symbols import symbols_of

    return sorted((symbol.start, symbol.end) for symbol in symbols_of(language, data) or [] if symbol.leaf)
