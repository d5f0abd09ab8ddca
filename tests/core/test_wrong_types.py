"""What is of the wrong type altogether is refused in words, before anything of it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from muse.core.crdts import RGA, AWMap, GCounter, LWWRegister, ORSet, VectorClock
from muse.core.errors import FormatError
from muse.core.op_log import OpLog

VALUES: list[Any] = [ORSet(), AWMap(), GCounter({"a": 1}), VectorClock({"a": 1}), LWWRegister(1, 1, "a"), RGA()]


@pytest.mark.parametrize("mine", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("other", [*VALUES, None, {}], ids=lambda value: type(value).__name__)
def test_values_of_two_types_do_not_join(mine: Any, other: Any) -> None:
    join = mine.merge if isinstance(mine, VectorClock) else mine.join
    if type(mine) is type(other):
        assert join(other) == mine
    else:
        with pytest.raises(TypeError, match="joins with its like"):
            join(other)


def test_a_refused_count_is_not_printed_in_full() -> None:
    with pytest.raises(FormatError) as refused:
        GCounter.from_dict({"a" * 5000: ["9" * 5000]})
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("entry", ["text", 5, [], None, [("op_id", 1)]])
def test_an_entry_that_is_no_object_is_refused(tmp_path: Path, entry: Any) -> None:
    log = OpLog(tmp_path, "s")
    with pytest.raises(FormatError, match="an entry is an object"):
        log.append(entry)
    assert log.read_all() == []
