"""The quick encoder of the log writes what the plain one does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.core.op_log.canonical import canonical, utc_now
from muse.core.types import canonical_json, now_utc_iso

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=2)
        | st.tuples(inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(_json)
def test_the_quick_encoder_writes_canonical_json(value: Any) -> None:
    assert canonical(value) == canonical_json(value)


def test_the_quick_encoder_writes_every_letter_as_the_plain_one() -> None:
    text = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    assert canonical({"k": text}) == canonical_json({"k": text})
    for bad in (float("nan"), b"x", {1, 2}, object(), "\ud800", 1j):
        with pytest.raises((TypeError, ValueError)):
            canonical({"k": [bad]})
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="Circular"):
        canonical(loop)


def test_the_quick_clock_tells_the_time() -> None:
    before, now, after = now_utc_iso(), utc_now(), now_utc_iso()
    assert before <= now <= after and len(now) == len(before)
