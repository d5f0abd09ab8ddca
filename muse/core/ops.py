"""Operations made in one call: what `muse.domain` spells out key by key."""

from __future__ import annotations

from typing import Any

from muse.domain import DeleteOp, InsertOp, ReplaceOp


def inserted(address: str, content_id: str, summary: str, position: int | None = None, content: Any = ...) -> InsertOp:
    """Something came; with `content` (any JSON, None as well) the operation carries it."""
    op = InsertOp(op="insert", address=address, position=position, content_id=content_id, content_summary=summary)
    if content is not ...:
        op["content"] = content
    return op


def deleted(address: str, content_id: str, summary: str, position: int | None = None) -> DeleteOp:
    """Something went."""
    return DeleteOp(op="delete", address=address, position=position, content_id=content_id, content_summary=summary)


def replaced(
    address: str,
    ids: tuple[str, str],
    summaries: tuple[str, str],
    position: int | None = None,
    content: Any = ...,
) -> ReplaceOp:
    """Something became something else; `ids` and `summaries` are those of before and after."""
    op = ReplaceOp(
        op="replace",
        address=address,
        position=position,
        old_content_id=ids[0],
        new_content_id=ids[1],
        old_summary=summaries[0],
        new_summary=summaries[1],
    )
    if content is not ...:
        op["content"] = content
    return op
