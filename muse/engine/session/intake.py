"""What agents send, line by line, into a session's log: checked, batched, answered in order.

A line is a JSON object {"op": {...}, "expect"?, "actor"?, "parents"?, "intent"?, "reservation"?, "domain"?}; lines that
arrive together are written together, and where that fails each is tried alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from muse.core.errors import FormatError, MuseError, RefMovedError, hint_for
from muse.core.op_log import OpLog, Request, missing_content, stored_content, take_content
from muse.core.op_log.canonical import loads
from muse.core.types import blob_digest
from muse.domain import PluginFor
from muse.engine.session.checked_out import CheckedOut
from muse.engine.session.complete import Refused, completed
from muse.engine.session.expect import refuse_unexpected
from muse.engine.session.fit import Fit
from muse.engine.session.live_view import LiveView
from muse.engine.session.op_paths import (
    as_git_names_files,
    folders_of,
    may_be_in_submodule,
    refuse_in_submodule,
    refuse_path,
)
from muse.engine.session.rename import renamed
from muse.store.layout import path_bytes
from muse.store.objects.snapshots import submodules

if TYPE_CHECKING:
    from muse.core.op_log import Level
    from muse.store.repository import Repository

_CHUNK = 1 << 16
_LONGEST = 1 << 26
_PATHS = 1 << 10
_TRIES = 1000
_FIELDS: dict[str, type] = {
    "op": dict,
    "expect": object,
    "actor": str,
    "parents": list,
    "intent": str,
    "reservation": str,
    "domain": str,
}


def batches(stream: int) -> Iterator[list[bytes | None]]:
    """Whole lines as they arrive, all that are there at once; None for a line that is too long to be an op."""
    parts: list[bytes] = []
    size, skipping = 0, False
    while chunk := os.read(stream, _CHUNK):
        *whole, rest = chunk.split(b"\n")
        lines: list[bytes | None] = []
        for line in whole:
            lines.append(None if skipping else b"".join([*parts, line]))
            parts, size, skipping = [], 0, False
        if rest and not skipping:
            parts.append(rest)
            size += len(rest)
            if size > _LONGEST:
                parts, size, skipping = [], 0, True
        if lines:
            yield lines
    if parts or skipping:
        yield [None if skipping else b"".join(parts)]


class Intake:
    """Lines to answers; ops that arrive together are written together.

    An op is completed (`complete`), a rename written down as what it is (`rename`), what it expects compared (`expect`)
    and whether it fits tried (`fit`), unless `check` is False; then it is recorded.
    """

    def __init__(
        self, here: Repository, log: OpLog, actor: str, level: Level, plugin_for: PluginFor, *, check: bool = True
    ) -> None:
        self.here = here
        self.log = log
        self.actor = actor
        self.level = level
        self.plugin_for = plugin_for
        self.failed = False
        self.check = check
        self.view = LiveView(here, log, plugin_for)
        self.fit = Fit(self.view, self._look)
        self.kept: set[str] = set()
        self.domains: dict[str, str] = {}
        self.waiting: list[tuple[int, Request]] = []
        self.answers: dict[int, dict[str, Any]] = {}
        self.checked_out = CheckedOut(here)
        self.submodules: tuple[str | None, frozenset[str]] = None, frozenset()
        log.head = self.checked_out.commit

    # Batches -----------------------------------------------------------------------------------------------------

    def take(self, lines: Sequence[bytes | None]) -> list[dict[str, Any]]:
        """One answer per line that is not blank."""
        self.waiting, self.answers = [], {}
        for at, line in enumerate(lines):
            if line is not None and not line.strip():
                continue
            try:
                self._line(at, line)
            except (MuseError, OSError) as error:
                self.answers[at] = self._error(error)
        self._flush()
        return [self.answers[at] for at in sorted(self.answers)]

    def one(self, value: Any) -> dict[str, Any]:
        """The answer to one line that is decoded already."""
        self.waiting, self.answers = [], {}
        try:
            self._value(0, value)
            self._flush()
        except (MuseError, OSError) as error:
            self.answers[0] = self._error(error)
        return self.answers[0]

    def _flush(self) -> None:
        """Record what waits; where that fails as a whole, one by one, which shows which."""
        waiting, self.waiting = self.waiting, []
        try:
            self._record(waiting)
        except (MuseError, OSError):
            for row in waiting:
                try:
                    self._record([row])
                except (MuseError, OSError) as error:
                    self.answers[row[0]] = self._error(error)

    def _record(self, rows: list[tuple[int, Request]], at_end: int | None = None) -> None:
        if not rows:
            return
        self._keep([wish for _, wish in rows])
        entries = self.log.record_all([wish for _, wish in rows], level=self.level, at_end=at_end)
        first = self.log.sequence - len(entries) + 1
        for number, ((at, _), entry) in enumerate(zip(rows, entries)):
            self.answers[at] = {"ack": entry["op_id"], "lamport": entry["lamport_ts"], "sequence": first + number}

    def _keep(self, wishes: list[Request]) -> None:
        """Have our ref name what the ops do not carry, before they are acknowledged."""
        named = {digest for wish in wishes if (digest := stored_content(wish.op)) is not None} - self.kept
        if named:
            from muse.store.log import checkpoints

            checkpoints.pin(self.here, named)
            self.kept |= named

    def _look(self) -> None:
        """Bring the view up to date, with what this very batch has said so far."""
        self._flush()
        self.view.refresh()

    # One line ----------------------------------------------------------------------------------------------------

    def _line(self, at: int, line: bytes | None) -> None:
        if line is None:
            raise Refused("malformed", f"a line is over {_LONGEST} bytes")
        try:
            value = loads(line)
        except (ValueError, RecursionError) as error:
            raise Refused("malformed", f"not JSON: {error}") from None
        self._value(at, value)

    def _value(self, at: int, value: Any) -> None:
        _refuse_shape(value)
        op = as_git_names_files(value["op"])
        expects = "expect" in op or "expect" in value
        expected = op.pop("expect", value.get("expect"))
        try:
            placed = self._place(op)
            wish = self._wish(value, placed)
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
            if isinstance(error, MuseError):
                raise
            raise Refused("malformed", f"the op is malformed: {error}") from None
        if not expects:
            self.waiting.append((at, wish))
            return
        where = op["address"] if placed["op"] == "patch" else placed["address"]
        for _ in range(_TRIES):
            self._look()
            refuse_unexpected(self.view, placed["address"].partition("::")[0], where, expected)
            seen = tuple(sorted({*wish.parents, *self.view.last_ops(where)}))
            try:
                self._record([(at, wish._replace(parents=seen))], at_end=self.view.end)
                return
            except RefMovedError:
                continue
        raise Refused("storage", "others write so much that what was expected could not be compared", hint="try again")

    def _wish(self, value: Any, op: Any) -> Request:
        """An op that can be recorded, from a line of the right shape."""
        domain = value.get("domain") or self._domain(op["address"])
        if op.get("op") == "rename":
            self._look()
            op = renamed(self.view, op)
        op = self._with_digests(completed(op, domain))
        if "::" not in op["address"]:
            refuse_file(op)
            self._refuse_in_submodule(op)
            self._refuse_link(op)
        op = take_content(op, self.here.content)
        lost = missing_content(op, self.here.content)
        if lost:
            names = ", ".join(lost[:3])
            raise Refused("content", f"the content of {names} is neither in the op nor in the repository")
        parents = tuple(value.get("parents", ()))
        if self.check and not self._waits(parents):
            self.fit.refuse_unfit(op)
        return Request(
            actor=value.get("actor", self.actor),
            domain=domain,
            op=op,
            parents=parents,
            intent=value.get("intent", ""),
            reservation=value.get("reservation", ""),
        )

    def _refuse_in_submodule(self, op: Any) -> None:
        root = self.here.work_tree
        if root is not None and not may_be_in_submodule(root, op["address"]):
            return  # the commit looks again, into all of its tree
        commit = self.checked_out.commit()
        if self.submodules[0] != commit:
            self.submodules = commit, submodules(self.here, commit)
        try:
            refuse_in_submodule(op["address"], self.submodules[1])
        except MuseError as problem:
            raise Refused("place", str(problem)) from None

    def _refuse_link(self, op: Any) -> None:
        """A link may be deleted or get another name; what is written to it would be taken for where it leads."""
        root, path = self.here.work_tree, op["address"]
        if root is None or op["op"] == "delete" or "from_address" in op:
            return
        try:
            target = os.readlink(os.path.join(root, os.fsdecode(path_bytes(path))))
        except (OSError, ValueError):
            return
        self._look()
        if self.view.digest(path) == blob_digest(os.fsencode(target)):
            hint = "write to the file it leads to, or delete the link first"
            raise Refused("place", f"{path:.200} is a symbolic link to {target!r:.200}", hint=hint)

    def _waits(self, parents: Sequence[str]) -> bool:
        """True for an op with a cause that is not here yet: what it will find then nobody knows now."""
        if all(map(self.view.knows, parents)):
            return False
        self._look()
        return not all(map(self.view.knows, parents))

    def _with_digests(self, op: Any) -> Any:
        """An op on a whole file with the digest of what it changes: that of what the session has now."""
        name = {"replace": "old_content_id", "delete": "content_id"}.get(op["op"])
        if name is None or op[name] or "::" in op["address"]:
            return op
        self._look()
        digest = self.view.digest(op["address"])
        if digest is None:
            raise Refused("absent", f"there is no file {op['address']:.200}", hint="git ls-files; or insert the file")
        return {**op, name: digest}

    def _place(self, op: Any) -> Any:
        """An op on `path/inside` as one on `path::inside`, or as a patch of the file where its domain joins by `/`."""
        address = op.get("address")
        if not isinstance(address, str) or "::" in address or "/" not in address or op.get("op") == "patch":
            return op
        root = self.here.root
        for folder in reversed(folders_of(address)):
            if self._domain(folder) != "files" or os.path.isfile(os.path.join(root, folder)):
                self._look()
                if self.view.digest(folder) is not None:
                    written = getattr(self.plugin_for(folder), "inner_address", None)
                    if written is None:
                        return {"op": "patch", "address": folder, "child_ops": [op]}
                    return {**op, "address": f"{folder}::{written(address[len(folder) + 1 :])}"}
        return op

    def _domain(self, address: str) -> str:
        path = address.partition("::")[0]
        found = self.domains.get(path)
        if found is None:
            if len(self.domains) >= _PATHS:
                self.domains.clear()
            found = self.domains[path] = getattr(self.plugin_for(path), "name", "files")
        return found

    def _error(self, error: Exception) -> dict[str, Any]:
        self.failed = True
        code = getattr(error, "code", "content" if isinstance(error, FormatError) else "storage")
        answer = {"error": in_words(error), "code": code}
        return answer if getattr(error, "now", None) is None else {**answer, "now": error.now}  # type: ignore[attr-defined]


def _refuse_shape(value: Any) -> None:
    """Refused unless a line is an object with the fields it may have."""
    if not isinstance(value, dict):
        raise Refused("malformed", "a line is a JSON object")
    for name, found in value.items():
        kind = _FIELDS.get(name)
        if kind is None:
            raise Refused("malformed", f"{name!r:.80} is no field of a line ({', '.join(_FIELDS)})")
        if not isinstance(found, kind):
            raise Refused("malformed", f"{name} is not of type {kind.__name__}")
    if "op" not in value:
        raise Refused("malformed", "op is missing")
    if not isinstance(value["op"].get("address"), str):
        raise Refused("malformed", "an op has an address, which is text", hint="muse symbols FILE lists addresses")
    if not all(isinstance(parent, str) for parent in value.get("parents", ())):
        raise Refused("malformed", "parents are op ids")


def refuse_file(op: Any) -> None:
    """Refused for an op on a file that no commit can hold."""
    if op["op"] == "move":
        raise Refused("place", f"a move of {op['address']:.200} names no place inside a file", hint='use "rename"')
    for path in (op["address"], op.get("from_address", op["address"])):
        try:
            refuse_path(path)
        except MuseError as problem:
            raise Refused("place", str(problem)) from None


def text(answer: dict[str, Any]) -> str:
    """An answer as a line of JSON; acknowledgements, whose ids need no escaping, without an encoder."""
    if "ack" in answer:
        return f'{{"ack": "{answer["ack"]}", "lamport": {answer["lamport"]}, "sequence": {answer["sequence"]}}}\n'
    return json.dumps(answer) + "\n"


def in_words(error: Exception) -> str:
    hint = hint_for(error.errno) if isinstance(error, OSError) else getattr(error, "hint", "")
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"{said}; {hint}" if hint else said
