"""A version as a tree of entries: things with an identity inside their parent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

Words = Counter[bytes]
Doubles = Counter[tuple[str, Hashable]]
Value = TypeVar("Value")


class Number(str):
    """A number that no other entry of its scope may have, among what an entry binds."""

    __slots__ = ()


class Told(NamedTuple):
    """A name by which entries are told apart where they are: in each version at least `least` have one in that space,
    and no two the same. Elsewhere it binds nothing."""

    space: str
    name: str
    least: int = 0


def _no_children() -> Sequence[Entry]:
    return ()


def _no_words() -> Words:
    return Counter()


def _no_doubles() -> Doubles:
    return Counter()


class _Late(Generic[Value]):
    """An attribute that is kept as a function until it is asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._slot = f"_{name}"

    def __get__(self, entry: object, owner: type) -> Value:
        found: Value | Callable[[], Value] = getattr(entry, self._slot)
        if callable(found):
            found = found()
            setattr(entry, self._slot, found)
        return found


class Entry:
    """One thing of a version: a definition, a key, a section, an element, a bar of a track.

    `whole` is all of it and `own` what is left without its children, both in a form in which differences that mean
    nothing (white space, separators, the order of children) are gone from `own`, and as far as is cheap from `whole`.
    `start` and `end` are its place in the version's bytes. `binds` are the names it binds in its parent's scope, each
    in a form that is equal exactly where two of them cannot stand side by side; `number` is what numbers it, if
    anything does; a `member` is told from its siblings by it alone. `perhaps` are names it binds under a condition, or
    in a way that others of its kind may share.
    `overrides` tells by the names of two children whether the later takes back what the earlier says. What is dear to
    find is asked for only where it is needed:
    `children` and `words` (what rule 3 counts, comments and children left out), `lines` and `doubles` (names, each with
    what makes it one, that scopes without a name inside of it bind more than once, children left out) are functions
    until then.
    """

    children = _Late[Sequence["Entry"]]()  # the entries directly inside
    own = _Late[bytes]()  # what it says itself
    words = _Late[Words]()  # the same in pieces that can be counted
    text = _Late[bytes]()  # the same as it stands there
    lines = _Late[Words]()  # the same by line, without lines that say nothing
    doubles = _Late[Doubles]()  # the names that scopes without a name in it bind too often, and how often more
    __slots__ = (
        "_children", "_doubles", "_lines", "_own", "_text", "_words", "binds", "end", "kind", "member", "name",
        "number", "overrides", "perhaps", "start", "whole",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        name: str,
        whole: bytes,
        *,
        start: int = 0,
        end: int = 0,
        binds: Sequence[Hashable] = (),
        number: str = "",
        own: Callable[[], bytes] | None = None,
        children: Callable[[], Sequence[Entry]] = _no_children,
        words: Callable[[], Words] = _no_words,
        lines: Callable[[], Words] = _no_words,
        text: Callable[[], bytes] = bytes,
        doubles: Callable[[], Doubles] = _no_doubles,
        overrides: Callable[[str, str], bool] | None = None,
    ) -> None:
        self.kind, self.name, self.whole = kind, name, whole
        self.start, self.end = start, end
        self.overrides = overrides
        self.perhaps: Sequence[Hashable] = ()
        self.member = False
        self.binds, self.number = tuple(binds), number
        self._own: bytes | Callable[[], bytes] = whole if own is None else own
        self._children: Sequence[Entry] | Callable[[], Sequence[Entry]] = children
        self._words: Words | Callable[[], Words] = words
        self._text: bytes | Callable[[], bytes] = text
        self._lines: Words | Callable[[], Words] = lines
        self._doubles: Doubles | Callable[[], Doubles] = doubles

    @property
    def sure_names(self) -> tuple[Hashable, ...]:
        """The names it binds wherever it stands, without those a file only tells us."""
        return tuple(name for name in self.binds if not isinstance(name, Told))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} {self.start}:{self.end}>"
