"""The collector stays away from large results, and still finds garbage."""

from __future__ import annotations

import gc
import weakref

from muse.core.collector import no_collection


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.me = self


def test_a_large_result_is_not_walked_through_when_the_collector_comes_back() -> None:
    gc.collect()
    with no_collection():
        made = [[[]] for _ in range(100_000)]
    before = gc.get_stats()
    more = [[] for _ in range(300)]
    assert gc.isenabled() and gc.get_count()[0] >= 300 and gc.get_stats() == before
    assert len(made) == 100_000 and len(more) == 300


def test_a_small_result_is_left_to_the_collector_as_it_is() -> None:
    gc.collect()
    old = len(gc.get_objects(generation=2))
    with no_collection():
        made = [[[]] for _ in range(1000)]
    assert gc.isenabled() and len(made) == 1000
    assert len(gc.get_objects(generation=2)) < old + 1000


def test_garbage_among_large_results_is_found_in_the_end() -> None:
    lost = weakref.ref(Ring())
    for _ in range(40):
        with no_collection():
            made: list[list[int]] = [[] for _ in range(110_000)]
        assert len(made) == 110_000
        del made
    assert lost() is None


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with no_collection():
            made = [[] for _ in range(110_000)]
        assert gc.get_freeze_count() > frozen // 2 > 0 and len(made) == 110_000  # one may end on its own
    finally:
        gc.unfreeze()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
