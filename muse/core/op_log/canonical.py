"""Canonical JSON and the wall clock, made quickly: both are paid for by every single op.

msgspec writes the very bytes `canonical_json` does, three times faster, as long as a value has nothing in it but dicts
with text keys, lists, texts, integers, booleans and None; whatever else there is (floats above all, which it spells
differently) goes the plain way.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Union

from muse.core.types import canonical_json

_DEEP = 6  # levels of dicts and lists; deeper values go the plain way


def canonical(value: Any) -> bytes:
    """The bytes of `canonical_json(value)`, and its errors."""
    quick = _quick()
    if quick is not None:
        encode, is_simple = quick
        try:
            if is_simple(value):
                return encode(value)
        except (ValueError, TypeError, RecursionError, OverflowError):
            pass  # the plain way has the right error, or none
    return canonical_json(value)


def likely_canonical(value: Any) -> bytes:
    """The bytes of `canonical_json(value)` unless they are something else: for callers who know their hash."""
    quick = _quick()
    if quick is not None:
        try:
            return quick[0](value)
        except (ValueError, TypeError, RecursionError, OverflowError):
            pass
    return canonical_json(value)


def loads(data: bytes) -> Any:
    """What `json.loads` says, and its errors: msgspec is stricter, and where it is not, it says the same."""
    try:
        return _decoder()(data)
    except (ValueError, RecursionError):
        return json.loads(data)


@cache
def _decoder() -> Callable[[bytes], Any]:
    try:
        import msgspec
    except ImportError:
        return json.loads
    return msgspec.json.Decoder().decode


@cache
def _quick() -> tuple[Callable[[Any], bytes], Callable[[Any], bool]] | None:
    """msgspec's encoder with sorted keys, and the test for values it may have; None where it is not installed.

    `convert` refuses whatever is not of the types named, but takes sets and tuples for lists: a copy that is not equal.
    """
    try:
        import msgspec
    except ImportError:
        return None
    plain: Any = Union[None, bool, int, str]
    for _ in range(_DEEP):
        plain = Union[None, bool, int, str, list[plain], dict[str, plain]]
    holder = msgspec.defstruct("holder", [("it", plain)])
    convert: Any = msgspec.convert

    def is_simple(value: Any) -> bool:
        return bool(convert({"it": value}, holder).it == value)

    return msgspec.json.Encoder(order="sorted").encode, is_simple


_second = (-1, "")


def utc_now() -> str:
    """What `now_utc_iso` says; the part down to the second is worked out once a second."""
    global _second
    now = time.time_ns()
    at = now // 1_000_000_000
    known, text = _second
    if at != known:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
        _second = (at, text)
    return f"{text}.{now // 1000 % 1_000_000:06d}+00:00"
