"""Six CRDTs whose values never change: every mutator returns a new value.

`join` is commutative, associative and idempotent for every reachable and every well-formed decoded state; equal states
have equal `to_dict()`. Wire forms are plain JSON. Values share their storage, so a long line of edits costs only the
edits; nothing recurses.
"""

from __future__ import annotations

from muse.core.crdts._rga_wire import RGAElement
from muse.core.crdts.aw_map import AWMap, AWMapDict, AWMapEntry
from muse.core.crdts.g_counter import GCounter, GCounterDict
from muse.core.crdts.lww_register import LWWRegister, LWWValue
from muse.core.crdts.or_set import ORSet, ORSetDict, ORSetEntry
from muse.core.crdts.rga import RGA
from muse.core.crdts.vclock import VClockDict, VectorClock

__all__ = [
    "RGA",
    "AWMap",
    "AWMapDict",
    "AWMapEntry",
    "GCounter",
    "GCounterDict",
    "LWWRegister",
    "LWWValue",
    "ORSet",
    "ORSetDict",
    "ORSetEntry",
    "RGAElement",
    "VClockDict",
    "VectorClock",
]
