"""Ops that were told by somebody else: kept beside what their writer says, never in its place.

What names an op is (writer, instance, sequence), and anybody can write a line with the next number of somebody else.
So a line counts as number 5 of an instance only where its writer's own ref has it. One that came by another writer's
ref, while its writer has a ref here, is kept under a name made of what it claims and of its content,
`<instance>-<number>-<hash>`, number 1; two lines of one writer's own that contradict each other have `_` there. Every
clone makes the same name of the same op, so positions, deliveries and the total order agree, whichever came first. Once
the writer's own word is here and differs, the other is kept and told, and not replayed.
"""

from __future__ import annotations

from typing import Any

from muse.core.op_log.entries import CLAIM, INSTANCE, Key, claim

TOLD, CONTRADICTED = "-", "_"


def under(key: Key, op_id: str, how: str) -> Key | None:
    """The key of an op that is not believed to be what it claims; None when what it claims cannot be written so."""
    name = f"{key.instance}{how}{key.sequence:x}{how}{op_id[7:23]}"
    return Key(key.writer, name, 1) if CLAIM.fullmatch(name) else None


def is_told(row: dict[str, Any]) -> bool:
    """True for an op that somebody else told."""
    found = CLAIM.fullmatch(row["instance"]) if len(row["instance"]) > INSTANCE else None
    return found is not None and found[2] == TOLD


def is_honest(row: dict[str, Any]) -> bool:
    """False when the name of an op speaks of another content than it has."""
    found = CLAIM.fullmatch(row["instance"]) if len(row["instance"]) > INSTANCE else None
    return found is None or (found[4] == row["op_id"][7:23] and row["sequence"] == 1)


def content_of(row: dict[str, Any]) -> tuple[str, str, int, str]:
    """What an op is, under whichever name it is kept: writer, claimed instance and number, id."""
    return (row["writer"], *claim(row), row["op_id"])


def other_names(row: dict[str, Any]) -> list[tuple[str, int]]:
    """(`writer/instance`, number) of the other names the same op may have in other clones."""
    instance, number = row["instance"], row["sequence"]
    plain: list[tuple[str, int]] = []
    if len(instance) > INSTANCE:
        instance, number = claim(row)
        plain = [(f"{row['writer']}/{instance}", number)] if is_told(row) else []
    stem, tail = f"{row['writer']}/{instance}", row["op_id"][7:23]
    return [*plain, (f"{stem}-{number:x}-{tail}", 1), (f"{stem}_{number:x}_{tail}", 1)]
