"""Ops and entries as the tests of the log write them."""

from __future__ import annotations

from typing import Any

from muse.core.op_log import make_op_entry


def insert(name: str, **more: Any) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": name, **more}


def entry(name: str, time: int, actor: str = "ada", **more: Any) -> Any:
    return make_op_entry(actor, "midi", insert(name), time, **more)


def names(entries: list[Any]) -> list[str]:
    return [found["domain_op"]["address"] for found in entries]
