"""Symbol operations that carry their text, applied to a file: how an op log's edits become bytes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from muse.core.address import inside
from muse.core.errors import MuseError
from muse.domain import DomainOp
from muse.plugins.code.edit_check import AGAIN, refuse_harm
from muse.plugins.code.fitting import Style, indent, line_end, line_of, with_comma, without
from muse.plugins.code.imports import import_edit
from muse.plugins.code.languages.table import Language
from muse.plugins.code.place import emptied, insertion
from muse.plugins.code.syntax.outline import Outline
from muse.plugins.code.syntax.parsing import Edit, is_keyed

if TYPE_CHECKING:
    from muse.plugins.code.keys import Keys


def patched(path: str, language: Language | None, old: bytes, ops: Sequence[DomainOp]) -> bytes:
    """`old` after the operations, one after the other; MuseError names the one that does not fit."""
    file = SourceFile(path, language, old)
    file.apply(ops)
    return file.data()


class SourceFile:
    """A source file that stays open: `apply` a batch of operations, all of it or nothing, and ask for the bytes."""

    def __init__(self, path: str, language: Language | None, data: bytes) -> None:
        self._path = path
        self._language = language
        self._data = data
        self._known: Outline | None = None  # of the text before `_edit`
        self._edit: Edit | None = None
        self._keys: Keys | None = None

    def apply(self, child_ops: Sequence[DomainOp]) -> None:
        """Apply operations one after the other; MuseError names the one that does not fit, and none is applied then."""
        outline = None if self._is_keyed() else self._outline()  # each edit of a key is read back
        before = self._data, self._known, self._edit
        places: list[str] = []
        try:
            ops = list(_flat(child_ops))
            for op, following in zip(ops, [*ops[1:], None]):
                places.append(inside(self._path, op["address"]))
                self._apply(op, places[-1], following)
            if outline is not None and "text" not in places and self._data != before[0]:
                after = self._outline()
                if after is not None:
                    refuse_harm(outline, after, places)
        except BaseException:
            self._data, self._known, self._edit = before
            raise

    def data(self) -> bytes:
        """The file's bytes."""
        return self._data

    def _apply(self, op: DomainOp, place: str, following: DomainOp | None) -> None:
        if place != "text" and self._is_keyed():
            self._key(op, place, following)
        elif place.startswith("import::"):
            self._import(op)
        elif op["op"] == "insert":
            self._insert(place, _text(op))
        elif op["op"] == "replace" and (text := _text(op)).strip():
            self._replace(place, text)
        elif op["op"] == "replace" or op["op"] == "delete":
            self._delete(place)

    def _replace(self, place: str, text: bytes) -> None:
        data = self._data
        start, stop = self._span(place)
        style = self._written() if place != "text" else None
        if style is None:
            self._write(start, stop, text)
            return
        old = data[start:stop]
        stop = start + len(old.rstrip())
        before = data[line_of(data, start) : start]
        lead = old[: len(old) - len(old.lstrip(b" \t"))] or before[: len(before) - len(before.lstrip())]
        if text.replace(b"\r\n", b"\n").strip() == old.replace(b"\r\n", b"\n").strip():
            return  # as its author wrote it
        fitted = style.fitted(text, lead, old)
        self._write(start, stop, fitted[len(lead) :] if before.strip() else fitted)

    def _delete(self, place: str) -> None:
        data = self._data
        start, stop = self._span(place)
        if place == "text":
            self._write(start, stop, b"")
            return
        outline = self._outline()
        if outline is not None and (edit := emptied(outline, start, stop)) is not None:
            self._write(*edit)
            return
        behind = data[stop : line_end(data, stop)]
        if data[line_of(data, start) : start].strip() or behind.strip(b" \t;,"):
            self._write(*with_comma(data, start, stop), b"")  # it shares its lines with others
        else:
            self._write(*without(data, start, stop if data[stop - 1 : stop] == b"\n" else stop + len(behind)), b"")

    def _is_keyed(self) -> bool:
        return is_keyed(self._language)

    def _written(self) -> Style | None:
        """How the file is written; None for a language without a grammar."""
        if self._language is None or self._outline() is None:
            return None
        return Style(self._language, self._data)

    def _write(self, start: int, stop: int, text: bytes) -> None:
        edit = Edit(start, stop, start + len(text))
        self._edit = edit if self._edit is None else self._edit.then(edit)
        self._data = self._data[:start] + text + self._data[stop:]

    def _outline(self) -> Outline | None:
        """The outline of the text as it is; None when it cannot be parsed."""
        if self._language is None:
            return None
        if self._known is None:
            self._known = Outline.of(self._language, self._data)
        elif self._edit is not None:
            self._known = self._known.after(self._edit, self._data)
        self._edit = None
        return self._known

    def _span(self, place: str) -> tuple[int, int]:
        """Where a symbol stands; the whole file for `text`."""
        if place == "text":
            return 0, len(self._data)
        outline = self._outline()
        found = None if outline is None else outline.span(place)
        if found is None:
            raise MuseError(f"an edit of {place}, which is not there")
        return found

    def _insert(self, place: str, text: bytes) -> None:
        """A new symbol goes to the end of its class, or of the file."""
        style, outline, data = self._written(), self._outline(), self._data
        if style is None or outline is None or not text.strip():
            gap = b"" if not data or data.endswith(b"\n") else b"\n"
            gap += b"\n\n" if data.strip() else b""
            self._write(len(data), len(data), gap + text + (b"" if text.endswith(b"\n") else b"\n"))
            return
        there = outline.span(place)
        if there is not None:
            whole = data[line_of(data, there[0]) : there[1]]
            if style.fitted(text, indent(whole)) == whole.rstrip():
                return  # somebody else has put in the same
        before = set(outline.addresses())
        self._write(*insertion(outline, style, place, text))
        made = self._outline()
        if made is not None and not made.tree.root_node.has_error and made.span(place) is None:
            new = sorted(made.addresses() - before, key=len)
            if not any(AGAIN.sub("", address) == place for address in new):
                raise MuseError(f"the text defines no {place}" + (f", but {new[0]:.200}" if new else ""))

    def _key(self, op: DomainOp, place: str, following: DomainOp | None) -> None:
        """A key of a file that is all keys and values; its content is the value, as JSON."""
        from muse.plugins.code.keys import Keys, path_of

        if op["op"] != "delete" and "content" not in op:
            raise MuseError(f"the edit of {op['address']} does not carry its value")
        assert self._language is not None
        if self._keys is None or self._keys.data is not self._data:
            self._keys = Keys(self._language, self._data)
        path, made = path_of(place), None
        if op["op"] == "delete" and following is not None and following["op"] == "insert":
            to = path_of(inside(self._path, following["address"]))
            made = self._keys.renamed(path, to, following.get("content"))  # the insert will find it there
        self._keys = made or self._keys.edited(op["op"], path, op.get("content"))
        self._data = self._keys.data

    def _import(self, op: DomainOp) -> None:
        """An import after the last one, or one taken away."""
        outline = self._outline()
        if outline is None:
            raise MuseError(f"an edit of {op['address']} in a file that cannot be parsed")
        text = _text(op) if op["op"] == "insert" else b""
        self._write(*import_edit(outline, op["address"].partition("::import::")[2], text))


def _flat(ops: Sequence[DomainOp]) -> Iterator[DomainOp]:
    """The operations without their containers; moves change no text."""
    for op in ops:
        if op["op"] == "patch":
            yield from _flat(op["child_ops"])
        elif op["op"] != "move":
            yield op


def _text(op: DomainOp) -> bytes:
    content = op.get("content")
    if not isinstance(content, str):
        raise MuseError(f"the edit of {op['address']} does not carry its text")
    return content.encode("utf-8", "surrogateescape")
