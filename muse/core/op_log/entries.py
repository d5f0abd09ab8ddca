"""An op as a dict, and as one line of the log.

A line is the canonical JSON of the op (exactly the bytes `op_id` hashes), continued by who wrote it as what:

    {...,"created_at":"...","op_id":"sha256:...","unmet":[...],"writer":"...","instance":"...","sequence":7,"crc":"1a2b3c4d"}

`head` (after `op_id`) is the commit that was checked out when the op was appended, where that was known; `unmet` is
there only when a parent was unknown at the time, `instead` only where a writer's own word contradicts what another one
told of it (`second_hand.py`): the ids of what does not count. The CRC-32 covers everything before it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, NotRequired, TypedDict, cast

from muse.core.errors import FormatError
from muse.core.op_log.canonical import canonical, likely_canonical, utc_now
from muse.domain import DomainOp

KINDS = frozenset(("insert", "delete", "move", "replace", "patch"))
LATEST = 2**53
JUMP = 1_000_000
SEQUENCE_JUMP = 100_000
MOST_HOLES = 200_000
DEEPEST = 100
LONGEST_LINE = 1 << 26
_OURS = frozenset(("writer", "instance", "sequence", "unmet", "instead", "head", "crc"))
_BEHIND = _OURS | {"created_at", "op_id"}  # what follows an op in its line
_NAME = re.compile(r"[0-9a-z_-]{1,64}")
_TEXTS = ("actor_id", "domain", "intent_id", "reservation_id")
CRC_SIZE = len(b',"crc":"00000000"}')
INSTANCE = 32  # characters of the name of an opening of a log
CLAIM = re.compile(r"([0-9a-z]{1,32})([-_])([0-9a-f]{1,14})\2([0-9a-f]{16})")
_NESTED = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')
_FRESH = 1 << 12
_fresh: dict[str, bytes] = {}
"""What `make_op_entry` hashed of late and found to be an op: whoever seals the same bytes need not do so again."""


class OpEntry(TypedDict):
    """One op of a session. `op_id` is the hash of everything but `created_at`; parents are sorted."""

    op_id: str
    actor_id: str
    lamport_ts: int
    parent_op_ids: list[str]
    domain: str
    domain_op: DomainOp
    created_at: str
    intent_id: str
    reservation_id: str


class OpLogCheckpoint(TypedDict):
    """Which ops a snapshot holds: those up to `positions`, but for `holes`.

    Keys of both are `writer/instance`; `offset` (valid while the log's id is `log`) is that of the first op not held,
    and `end` that of the log's end then: what was appended later is never held. `sum` is a checksum of the rest.
    `quarantined` names the damage that was there to be seen. `roots` are the first commits of the history the session
    was started in. `branch` is the full name of the ref the session belongs to ("" for a detached HEAD), `born` this
    clone's mark of it, and `at` the commit it was started on. `deliveries` are its commits, the oldest first
    (`muse.engine.session.delivery`); `paths` what the files it touched were in the last of them (None: not there).
    `rewritten` has, by commit of a delivery, the commits that carry it since history was rewritten, and `carried`, by
    both, which of its files those carry that do not carry all. `repaired` has, by merge commit, the commit that brought
    in what that merge had lost, and `expunged`, by id, the key of each op whose content was taken away. `prepared` is a
    delivery whose commit is not confirmed yet and `written` what such ones put on the disk, by path; neither is ever
    given away. One from before deliveries has `tree`, the Git tree it stands for, and counts once a commit has that;
    until then `earlier` ones do.
    """

    session_id: str
    snapshot_id: str
    lamport_ts: int
    op_count: int
    created_at: str
    positions: NotRequired[dict[str, int]]
    holes: NotRequired[dict[str, list[int]]]
    offset: NotRequired[int]
    end: NotRequired[int]
    log: NotRequired[str]
    sum: NotRequired[str]
    quarantined: NotRequired[list[str]]
    tree: NotRequired[str]
    branch: NotRequired[str]
    born: NotRequired[str]
    at: NotRequired[str]
    deliveries: NotRequired[list[dict[str, Any]]]
    paths: NotRequired[dict[str, str | None]]
    repaired: NotRequired[dict[str, str]]
    expunged: NotRequired[dict[str, str]]
    rewritten: NotRequired[dict[str, list[str]]]
    carried: NotRequired[dict[str, dict[str, list[str]]]]
    prepared: NotRequired[dict[str, Any]]
    written: NotRequired[dict[str, list[str | None]]]
    roots: NotRequired[list[str]]
    earlier: NotRequired[list[OpLogCheckpoint]]


class Key(NamedTuple):
    """What names an op for ever, in every replica."""

    writer: str
    instance: str
    sequence: int

    @property
    def who(self) -> str:
        """The key of positions."""
        return f"{self.writer}/{self.instance}"


class Request(NamedTuple):
    """An op to be made into an entry at a time of its own; `cause` is the index of an earlier one of the same call."""

    actor: str
    domain: str
    op: DomainOp
    parents: tuple[str, ...] = ()
    cause: int | None = None
    intent: str = ""
    reservation: str = ""


def make_op_entry(
    actor_id: str,
    domain: str,
    domain_op: DomainOp,
    lamport_ts: int,
    *,
    parent_op_ids: list[str] | None = None,
    intent_id: str = "",
    reservation_id: str = "",
) -> OpEntry:
    """An entry with its id and the wall clock; equal arguments give equal ids.

    FormatError when the op is not JSON.
    """
    entry, data = compose(actor_id, domain, domain_op, lamport_ts, parent_op_ids, intent_id, reservation_id)
    if len(data) < 4096:
        if len(_fresh) >= _FRESH:
            _fresh.clear()
        _fresh[entry["op_id"]] = data
    return entry


def compose(
    actor_id: str,
    domain: str,
    domain_op: DomainOp,
    lamport_ts: int,
    parent_op_ids: list[str] | None,
    intent_id: str,
    reservation_id: str,
) -> tuple[OpEntry, bytes]:
    """An entry, and the canonical JSON its id is the hash of."""
    body: dict[str, Any] = {
        "actor_id": actor_id,
        "domain": domain,
        "domain_op": domain_op,
        "intent_id": intent_id,
        "lamport_ts": lamport_ts,
        "parent_op_ids": sorted(parent_op_ids) if parent_op_ids else [],
        "reservation_id": reservation_id,
    }
    try:
        data = canonical(body)
    except (TypeError, ValueError, RecursionError) as problem:
        raise FormatError(f"an op must be JSON: {problem}") from None
    body["op_id"] = "sha256:" + sha256(data).hexdigest()
    body["created_at"] = utc_now()
    return cast(OpEntry, body), data


class Draft(NamedTuple):
    """An op that only lacks its time: the fields of its entry, and its canonical JSON before and after the time.

    An op with a cause of the same call, whose id is not known yet, has no JSON.
    """

    wish: Request
    body: dict[str, Any]
    head: bytes
    rest: bytes


_TIME = b'"lamport_ts":0,'
"""As it is in a draft. In a text its quotes would have backslashes; an op may have these bytes, but comes before."""


def draft(wish: Request) -> Draft:
    """All of the work on an op that can be done before the log's lock is taken; FormatError when it is none."""
    body: dict[str, Any] = {
        "actor_id": wish.actor,
        "domain": wish.domain,
        "domain_op": wish.op,
        "intent_id": wish.intent,
        "lamport_ts": 0,
        "parent_op_ids": sorted(wish.parents),
        "reservation_id": wish.reservation,
    }
    try:
        data = canonical(body)
    except (TypeError, ValueError, RecursionError) as problem:
        raise FormatError(f"an op must be JSON: {problem}") from None
    check_fields(body)
    check_size(data)
    head, _, rest = data.rpartition(_TIME)
    return Draft(wish, body, head, rest)


def timed(drafts: Sequence[Draft], first: int) -> list[tuple[OpEntry, bytes, bytes]]:
    """Entries of drafts at times from `first` on, each with the two halves of its line (see `seal`)."""
    made: list[tuple[OpEntry, bytes, bytes]] = []
    if first + len(drafts) > LATEST:
        raise FormatError(f"no Lamport times are left after {first - 1}")
    for at, (wish, body, head, rest) in enumerate(drafts, start=first):
        if wish.cause is not None:
            causes = [made[wish.cause][0]["op_id"], *wish.parents]
            entry, data = compose(wish.actor, wish.domain, wish.op, at, causes, wish.intent, wish.reservation)
            made.append((entry, *sealed(entry, data)))
            continue
        data = b'%b"lamport_ts":%d,%b' % (head, at, rest)
        body["lamport_ts"] = at
        body["op_id"] = op_id = "sha256:" + sha256(data).hexdigest()
        body["created_at"] = now = utc_now()
        made.append((cast(OpEntry, body), data[:-1], f',"created_at":"{now}","op_id":"{op_id}"'.encode()))
    return made


def sealed(entry: OpEntry, data: bytes) -> tuple[bytes, bytes]:
    """`seal` for what `compose` just made; FormatError when the arguments were not those of an op."""
    body: dict[str, Any] = dict(entry)
    del body["op_id"], body["created_at"]
    check_fields(body)
    check_size(data)
    return data[:-1], f',"created_at":"{entry["created_at"]}","op_id":"{entry["op_id"]}"'.encode()


def seal(entry: OpEntry) -> tuple[bytes, bytes]:
    """The two halves of an entry's line: what `op_id` hashes, and what follows.

    FormatError when the entry is not one: a field of the wrong type, an op of unknown kind, an id that is not the hash
    of the rest, JSON nested too deep or too long.
    """
    if not isinstance(entry, dict):
        raise FormatError(f"an entry is an object, not {type(entry).__name__}; make entries with make_op_entry")
    body: dict[str, Any] = dict(entry)
    try:
        op_id, created_at = body.pop("op_id"), body.pop("created_at")
        check_fields(body)
        data = likely_canonical(body)
        made = type(op_id) is str and _fresh.get(op_id) == data
        if not made and op_id != "sha256:" + sha256(data).hexdigest():
            data = canonical(body)
            made = op_id == "sha256:" + sha256(data).hexdigest()
            if not made:
                raise FormatError(f"op_id {op_id!r:.80} is not the hash of its op; make entries with make_op_entry")
        if type(created_at) is not str:
            raise FormatError("created_at is text")
        tail = b',"created_at":%b,"op_id":"%b"' % (likely_canonical(created_at), op_id.encode())
    except KeyError as missing:
        raise FormatError(f"an entry has a field {missing}") from None
    except FormatError:
        raise
    except (TypeError, ValueError, RecursionError) as problem:
        raise FormatError(f"an op must be JSON: {problem}") from None
    check_size(data)
    return data[:-1], tail


def check_fields(body: dict[str, Any]) -> None:
    """FormatError unless the fields of an entry (without op_id and created_at) have their types."""
    for name in _TEXTS:
        if type(body[name]) is not str:
            raise FormatError(f"{name} is text, not {type(body[name]).__name__}")
    op = body["domain_op"]
    if not isinstance(op, dict):
        raise FormatError(f"an op is an object, not {type(op).__name__}")
    if type(op.get("op")) is not str or op["op"] not in KINDS:
        raise FormatError(f"unknown kind of op {op.get('op')!r:.80}; one of {', '.join(sorted(KINDS))}")
    if type(op.get("address")) is not str:
        raise FormatError("an op has an address, which is text")
    time = body["lamport_ts"]
    if type(time) is not int or not 0 <= time <= LATEST:
        raise FormatError(f"a Lamport time is an integer from 0 to 2**53, not {time!r:.80}")
    parents = body["parent_op_ids"]
    if not isinstance(parents, list) or (parents and any(type(parent) is not str for parent in parents)):
        raise FormatError("parent_op_ids is a list of texts")
    if not _BEHIND.isdisjoint(body):
        raise FormatError(f"an entry has no field of the log's own ({', '.join(sorted(_OURS))})")


def check_size(data: bytes) -> None:
    """FormatError for a line that is too long, or nested deeper than any reader should have to follow."""
    if len(data) > LONGEST_LINE:
        raise FormatError(f"an op of {len(data)} bytes is too long; put its content into the content store")
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        return
    depth = 0
    for found in _NESTED.finditer(data):
        mark = found[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                raise FormatError(f"an op is nested deeper than {DEEPEST} levels")
        elif mark in (b"]", b"}"):
            depth -= 1


def finish(
    body: bytes,
    tail: bytes,
    key: Key | tuple[str, str, int],
    unmet: list[str] | None = None,
    head: bytes = b"",
    instead: list[str] | None = None,
) -> bytes:
    """The whole line, newline included."""
    waits = f',"unmet":{json.dumps(sorted(unmet))}'.encode() if unmet else b""
    if instead:
        waits += f',"instead":{json.dumps(sorted(instead))}'.encode()
    line = b"%b%b%b%b%b%d" % (body, tail, head, waits, _who(key[0], key[1]), key[2])
    return b'%b,"crc":"%08x"}\n' % (line, zlib.crc32(line))


@lru_cache(64)
def _who(writer: str, instance: str) -> bytes:
    return f',"writer":"{writer}","instance":"{instance}","sequence":'.encode()


def intact(line: bytes) -> bool:
    """True when a line (without its newline) is what was written."""
    if line[-CRC_SIZE:-10] != b',"crc":"':
        return False
    try:
        return zlib.crc32(line[:-CRC_SIZE]) == int(line[-10:-2], 16)
    except ValueError:
        return False


def salvage(line: bytes) -> bytes | None:
    """The whole line that a damaged one ends with: what remains when a torn line was glued before it."""
    at = line.rfind(b'{"actor_id":')
    while at > 0:
        if intact(line[at:]):
            return line[at:]
        at = line.rfind(b'{"actor_id":', 0, at)
    return None


def row_key(row: dict[str, Any]) -> Key:
    """The key of a decoded line."""
    return Key(row["writer"], row["instance"], row["sequence"])


def order_key(row: dict[str, Any]) -> tuple[Any, ...]:
    """The one total order of a session's ops; one that was told second-hand has the place it claims."""
    instance, number = row["instance"], row["sequence"]
    if len(instance) > INSTANCE:
        instance, number = claim(row)
    return row["lamport_ts"], row["actor_id"], row["writer"], instance, number, row["op_id"]


def claim(row: dict[str, Any]) -> tuple[str, int]:
    """The instance and number an op says it is; its own, unless it was told second-hand (`second_hand.py`)."""
    found = CLAIM.fullmatch(row["instance"]) if len(row["instance"]) > INSTANCE else None
    return (found[1], int(found[3], 16)) if found else (row["instance"], row["sequence"])


def strip(row: dict[str, Any]) -> OpEntry:
    """The entry of a decoded line, which it takes apart."""
    del row["writer"], row["instance"], row["sequence"], row["crc"]
    row.pop("unmet", None)
    row.pop("instead", None)
    row.pop("head", None)
    return cast(OpEntry, row)


def check_line(line: bytes) -> dict[str, Any]:
    """A line from elsewhere, decoded; FormatError unless its checksum, its id and its fields hold.

    What the id names ends before `created_at`. The fields of the log's own are behind it and nowhere else, or whoever
    writes a line would say in our name what it waits for and whose op it displaces.
    """
    if not intact(line):
        raise FormatError("its checksum does not match")
    cut = line.rfind(b',"created_at":')
    body = line[:cut] + b"}"
    try:
        check_size(line)
        row = json.loads(body.decode())
        check_fields(row)
        behind = json.loads(b"{%b" % line[cut + 1 :])
        strange = behind.keys() - _BEHIND
        row |= behind
        op_id, created_at, number = row["op_id"], row["created_at"], row["sequence"]
        names = (row["writer"], row["instance"])
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as problem:
        raise FormatError(f"it is no op: {problem}") from None
    if op_id != "sha256:" + sha256(body).hexdigest() or strange:
        raise FormatError("its op_id is not the hash of its op")
    if type(created_at) is not str or not all(type(name) is str and _is_name(name) for name in names):
        raise FormatError("its writer, instance or created_at is malformed")
    if type(number) is not int or not 1 <= number <= LATEST:
        raise FormatError("its sequence is malformed")
    return cast("dict[str, Any]", row)


@lru_cache(256)
def _is_name(text: str) -> bool:
    """True for what a writer or an opening of a log may be called."""
    return _NAME.fullmatch(text) is not None
