"""Whether an op can ever be applied, as far as it can be known when it arrives: tried on the file as this process knows
it, and before it is refused for that, on the file as the session has it by then.

So an op that fits costs what applying it costs, and nobody has to follow what all others do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from muse.core.errors import DamageError, MuseError
from muse.core.filedomain import FileDomain, Reopened
from muse.core.schema import domain_name
from muse.domain import OpenFile
from muse.engine.elements import find
from muse.engine.session.complete import Refused
from muse.engine.session.expect import where_to_look
from muse.engine.session.replay import MALFORMED

if TYPE_CHECKING:
    from muse.engine.session.live_view import LiveView

LARGEST = 1 << 20
"""Files above this many bytes are not opened for it: what does not fit there is told when the session is committed."""
MOST_OPEN = 8 << 20
POINTER = b"version https://git-lfs.github.com/spec/"


class Fit:
    """Files as one appender knows them: as they were when it looked, and what it did to them since."""

    def __init__(self, view: LiveView, look: Callable[[], None]) -> None:
        """`look` brings the view up to date."""
        self.view = view
        self.look = look
        self._open: dict[str, tuple[int, OpenFile | None]] = {}

    def refuse_unfit(self, op: Any) -> None:
        """Refused for an op inside a file that cannot be applied to it."""
        path, inside, _ = op["address"].partition("::")
        if not inside and (op["op"] != "patch" or op.get("from_address", path) != path or "new_content_id" in op):
            self._open.pop(path, None)
            return
        ops = [op] if inside else op["child_ops"]
        if self._applied(path, ops):
            return
        self.look()
        self._open.clear()
        if self.view.digest(path) is None:
            raise Refused("absent", f"there is no file {path:.200}", hint=where_to_look(self.view, path))
        self._try(path, ops, op["address"])

    def _applied(self, path: str, ops: list[Any]) -> bool:
        if path not in self._open:
            return False
        file = self._open[path][1]
        try:
            if file is not None and not _fits(file, ops):
                file.apply(ops)
        except MALFORMED:
            return False
        return True

    def _try(self, path: str, ops: list[Any], address: str) -> None:
        file = self._opened(path)
        if file is None:
            return
        try:
            file.apply(ops)
        except DamageError:
            raise
        except MALFORMED as problem:
            elements = self.view.elements(path) or []
            edits = all(op.get("op") in ("replace", "delete") for op in ops)
            if elements and edits and "::" in address and find(elements, address) is None:
                hint = where_to_look(self.view, address)
                raise Refused("absent", f"there is no {address:.200}", hint=hint) from None
            there = find(elements, address) if ops[0].get("op") == "insert" and "::" in address else None
            if there is not None:
                raise Refused("exists", f"{address:.200} is there already", now=there.content) from None
            why = str(problem) if isinstance(problem, MuseError) else f"malformed: {problem}"
            raise Refused("unfit", f"it cannot be applied to {path:.200}: {why:.500}") from None

    def _opened(self, path: str) -> OpenFile | None:
        """A file open for edits; None where it is too large to be opened just for this."""
        plugin = self.view.plugin_for(path)
        patch_file = getattr(plugin, "patch_file", None)
        if patch_file is None or getattr(type(plugin), "patch_file", None) is FileDomain.patch_file:
            raise Refused("unfit", f"{path:.200} is of domain {domain_name(plugin)}, which names nothing inside a file")
        data = self.view.data(path) or b""
        if data.startswith(POINTER):
            hint = "send the whole file: content_b64"
            raise Refused("unfit", f"{path:.200} is kept by Git LFS, and what is in it cannot be named", hint=hint)
        made: OpenFile | None = None
        if len(data) <= LARGEST:
            open_file = getattr(plugin, "open_file", None)
            made = Reopened(patch_file, path, data) if open_file is None else open_file(path, data)
        while self._open and sum(size for size, _ in self._open.values()) + len(data) > MOST_OPEN:
            self._open.pop(next(iter(self._open)))
        self._open[path] = len(data) if made is not None else 0, made
        return made


def _fits(file: OpenFile, ops: list[Any]) -> bool:
    """What the quick question of a domain says, where it has one (`fits`): true means that nothing need be applied."""
    fits = getattr(file, "fits", None)
    return bool(fits is not None and fits(ops))


__all__ = ["Fit"]
