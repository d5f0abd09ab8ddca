"""Replicated growable array: a sequence in which every element hangs from another one for ever.

The state is a set of elements (id, value, anchor) and a set of deleted ids; the order follows from it. In classic mode
an element hangs after the one it was inserted after (Roh et al., "Replicated abstract data types", 2011, as a tree); in
Fugue mode some hang before the one that followed, so that what several people type at one place at once, forwards or
backwards, never interleaves.

A version is a prefix of a core that only grows (`_rga_core.py`): how many of its insertions and deletions it has seen.
Editing the newest version of a core adds to it; editing an older one starts a small core on top.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from muse.core.collector import no_collection
from muse.core.crdts import _rga_core as cores
from muse.core.crdts._rga_core import Level
from muse.core.crdts._rga_order import Order
from muse.core.crdts._rga_wire import Mode, RGAElement, RGAVariant, decoded, placed, spelled
from muse.core.crdts._shared import of_one_type
from muse.core.errors import FormatError

_new = object.__new__


class RGA:
    """An immutable sequence of texts. `insert` names the element to stand after by its id, None for the head."""

    __slots__ = ("_core", "_d", "_n", "_order")

    def __init__(self, elements: Iterable[RGAElement] | None = None, *, mode: Mode | None = None) -> None:
        """The mode is that of the elements, and classic when there are none, unless it is given."""
        if mode not in (None, "classic", "fugue"):
            raise ValueError(f"a sequence is classic or fugue, not {mode!r}")
        self._core, self._n, self._d = decoded(() if elements is None else elements, mode)
        self._order: Order | None = None

    def _at(self, level: Level) -> RGA:
        """Another version, or this one."""
        if level == self._level():
            return self
        new = _new(RGA)
        new._core, new._n, new._d = level
        new._order = None
        return new

    def _level(self) -> Level:
        return self._core, self._n, self._d

    # Change ------------------------------------------------------------------------------------------------------

    def insert(self, after_id: str | None, value: str, *, element_id: str) -> RGA:
        """The sequence with a new element after another one; among elements inserted there, larger ids come first.

        An unknown `after_id` keeps the element waiting, invisible, until that arrives. An id that is here already
        changes nothing, unless its content differs: then both are kept and `conflicts()` names them. In Fugue mode the
        place depends on what is there, so others must be sent the element (`element`), not this call.
        """
        if type(value) is not str or type(element_id) is not str or not (after_id is None or type(after_id) is str):
            raise TypeError("ids and values are text")
        core, n, d = self._core, self._n, self._d
        if core.fugue or not core.tip.pop(n + d, False):
            return self._at(cores.inserted((core, n, d), element_id, value, after_id))
        core.ids.append(element_id)
        core.values.append(value)
        core.anchors.append(after_id)
        new = _new(RGA)
        new._core = core
        new._n = n = n + 1
        new._d = d
        new._order = None
        core.tip[n + d] = True
        return new

    def delete(self, element_id: str) -> RGA:
        """The sequence without an element; deleting one that is unknown or deleted changes nothing."""
        if type(element_id) is not str:
            raise TypeError("an id is text")
        core, n, d = self._core, self._n, self._d
        if not core.tip.pop(n + d, False):
            return self._at(cores.deleted((core, n, d), element_id))
        core.when.append(n)
        core.deletes.append(element_id)
        new = _new(RGA)
        new._core = core
        new._n = n
        new._d = d = d + 1
        new._order = None
        core.tip[n + d] = True
        return new

    def join(self, other: RGA) -> RGA:
        """Everything either has inserted, without what either has deleted; FormatError when the modes differ.

        An empty sequence joins with either mode. Two empty ones of different modes give a Fugue one.
        """
        of_one_type(self, other)
        mine, theirs = self._level(), other._level()
        if self.mode != other.mode:
            if mine[1] and theirs[1]:
                raise FormatError("a classic and a Fugue sequence do not join: their orders differ")
            return self if mine[1] or (self.mode == "fugue" and not theirs[1]) else other
        level = cores.united(mine, theirs)
        return other if level == theirs else self._at(level)

    # Reading -----------------------------------------------------------------------------------------------------

    def _ordered(self) -> Order:
        if self._order is None:
            core = self._core.catch_up()
            rows, deletes = cores.beyond(self._level())
            index = core.index if core.base is None and not core.odd else None
            with no_collection(len(rows[0])):
                self._order = Order(*rows, deletes, index)
        return self._order

    @property
    def mode(self) -> Mode:
        """How concurrent insertions at one place are ordered."""
        return "fugue" if self._core.fugue else "classic"

    def to_sequence(self) -> list[str]:
        """The visible values in document order."""
        return self._ordered().visible()

    def visible_ids(self) -> list[str]:
        """The ids of the visible elements in document order; the n-th belongs to the n-th value."""
        return self._ordered().visible(of_ids=True)

    def waiting(self) -> list[str]:
        """The ids of elements whose parent (or its parent, and so on) has not arrived."""
        order = self._ordered()
        return order.ids()[order.placed :]

    def conflicts(self) -> dict[str, list[RGAVariant]]:
        """Ids that were given to different insertions, with all their contents, the one that counts first."""
        fugue = self._core.fugue
        variants = self._ordered().variants
        return {name: [placed(value, anchor, fugue) for value, anchor in found] for name, found in variants.items()}

    def element(self, element_id: str) -> RGAElement:
        """One element as the wire form has it, KeyError if it is not here: what to send when it was just inserted.

        Whoever joins `RGA([element])` has it too, in whatever order elements arrive.
        """
        level = self._level()
        found = cores.contents(level, element_id)
        if not found:
            raise KeyError(element_id)
        return spelled(element_id, found, cores.is_dead(level, element_id), self._core.fugue)

    def __len__(self) -> int:
        order = self._ordered()
        return len(order.visible()) if order.dead else order.placed

    def __contains__(self, element_id: object) -> bool:
        """True when an element of that id is in the state, deleted or not."""
        return isinstance(element_id, str) and bool(cores.slots(self._level(), element_id))

    def to_dict(self) -> list[RGAElement]:
        """The wire form: elements in document order, then those that wait, by id."""
        order = self._ordered()
        dead, variants, fugue = order.dead, order.variants, self._core.fugue
        return [
            spelled(name, variants.get(name) or [(value, anchor)], name in dead, fugue)
            for name, value, anchor in order.rows()
        ]

    @classmethod
    def from_dict(cls, data: list[RGAElement]) -> RGA:
        """The sequence a wire form stands for; FormatError when it stands for none."""
        return cls(data)

    # Comparing ---------------------------------------------------------------------------------------------------

    def equivalent(self, other: RGA) -> bool:
        """The same state: elements, tombstones, and what waits."""
        return self == other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RGA):
            return NotImplemented
        mine, theirs = self._level(), other._level()
        if mine == theirs:
            return True
        if mine[0].fugue is not theirs[0].fugue:
            return not mine[1] and not theirs[1]
        return self._ordered().key() == other._ordered().key()

    def __hash__(self) -> int:
        order = self._ordered()
        return hash((tuple(order.ids()), frozenset(order.dead)))

    def __repr__(self) -> str:
        return f"RGA(<{len(self)} visible of {len(self._ordered())}>)"

    def __reduce__(self) -> Any:
        return _from_pickle, (self.to_dict(), self.mode)


def _from_pickle(elements: list[RGAElement], mode: Mode) -> RGA:
    return RGA(elements, mode=mode)
