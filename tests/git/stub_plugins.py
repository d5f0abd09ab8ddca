"""A stranger's domain of lines, written to the published protocol alone; tests put it together from parts.

It knows nothing of `FileDomain`: what is optional is left out unless a test asks for it.
"""

from __future__ import annotations

import os
import pathlib
from typing import Any, ClassVar

from muse.core import content, options
from muse.core.attributes import resolve_strategy
from muse.core.types import blob_digest, content_hash
from muse.domain import ConflictRecord, FileMerge
from muse.results import DriftReport, MergeResult

LINES = {"kind": "set", "element_type": "line", "identity": "by_content"}


def lines(digest: str | None) -> list[str]:
    """The lines of a stored file, each with its end."""
    return [] if digest is None else content.fetch(content.current(), digest).decode().splitlines(keepends=True)


def put(text: str) -> str:
    """Store a text."""
    return content.current().put(text.encode())


class Six:
    """The six methods; `merge` answers with left, as stubs do."""

    mode = "three_way"
    sees_lines = True
    dimensions: ClassVar[list[Any]] = [
        {"name": "lines", "description": "the lines", "schema": LINES, "independent_merge": True}
    ]

    def snapshot(self, live: Any) -> Any:
        if not isinstance(live, os.PathLike):
            return live
        root = pathlib.Path(live)
        return {
            "files": {f.name: blob_digest(f.read_bytes()) for f in root.iterdir() if f.is_file()},
            "domain": "lines",
        }

    def diff(self, base: Any, target: Any, *, repo_root: Any = None) -> Any:
        ops: list[Any] = []
        for path in sorted(base["files"].keys() | target["files"].keys()):
            was, now = base["files"].get(path), target["files"].get(path)
            if was == now:
                continue
            if not self.sees_lines:
                ops.append(
                    {"op": "replace", "address": path, "position": None, "old_content_id": was or "",
                     "new_content_id": now or "", "old_summary": "", "new_summary": ""}
                )  # fmt: skip
                continue
            old, new = lines(was), lines(now)
            children = [self._op("delete", path, line) for line in old if line not in new]
            children += [self._op("insert", path, line) for line in new if line not in old]
            ops.append({"op": "patch", "address": path, "child_ops": children, "child_domain": "lines",
                        "child_summary": f"{len(children)} lines", "old_content_id": was or "",
                        "new_content_id": now or ""})  # fmt: skip
        return {"domain": "lines", "ops": ops, "summary": f"{len(ops)} files"}

    def _op(self, kind: str, path: str, line: str) -> Any:
        return {"op": kind, "address": f"{path}/{line.strip()}", "position": None,
                "content_id": content_hash(line), "content_summary": line.strip()}  # fmt: skip

    def merge(self, base: Any, left: Any, right: Any, *, repo_root: Any = None) -> MergeResult:
        return MergeResult(merged=left)

    def drift(self, committed: Any, live: Any) -> DriftReport:
        now = self.snapshot(live)
        changed = now["files"] != committed["files"]
        return DriftReport(changed, "", self.diff(committed, now)) if changed else DriftReport(False)

    def apply(self, delta: Any, live: Any) -> Any:
        files = dict(live["files"])
        for op in delta["ops"]:
            files[op["address"]] = op["new_content_id"]
        return {"files": files, "domain": "lines"}

    def schema(self) -> Any:
        return {"domain": "lines", "description": "lines", "dimensions": self.dimensions, "top_level": LINES,
                "merge_mode": self.mode, "schema_version": "1"}  # fmt: skip


def three_way(base: list[str], ours: list[str], theirs: list[str]) -> str:
    """Ours without what theirs took out, then what theirs put in."""
    kept = [line for line in ours if line in theirs or line not in base]
    return "".join(kept + [line for line in theirs if line not in ours and line not in base])


class GoodMerge:
    """`merge` as it is meant."""

    def merge(self, base: Any, left: Any, right: Any, *, repo_root: Any = None) -> MergeResult:
        files = {}
        for path in left["files"].keys() | right["files"].keys():
            sides = [lines(each["files"].get(path)) for each in (base, left, right)]
            files[path] = put(three_way(*sides))
        return MergeResult(merged={"files": files, "domain": "lines"})


class GoodOps(GoodMerge):
    """`merge_ops`, which works with the operations it is given."""

    def merge_ops(
        self, base: Any, ours: Any, theirs: Any, ours_ops: Any, theirs_ops: Any, *, repo_root: Any = None
    ) -> MergeResult:
        assert [op["op"] for op in (*ours_ops, *theirs_ops)] == ["patch", "patch"]
        return self.merge(base, ours, theirs)


class StubOps:
    """`merge_ops` that answers with ours."""

    def merge_ops(
        self, base: Any, ours: Any, theirs: Any, ours_ops: Any, theirs_ops: Any, *, repo_root: Any = None
    ) -> MergeResult:
        return MergeResult(merged=ours)


class Crdt:
    """A grow-only set of lines: what is joined never shrinks."""

    mode = "crdt"

    def crdt_schema(self) -> Any:
        return [{"name": "lines", "description": "", "crdt_type": "or_set", "independent_merge": True}]

    def to_crdt_state(self, snapshot: Any) -> Any:
        return {"files": dict(snapshot["files"]), "domain": "lines", "vclock": {},
                "crdt_state": dict(snapshot["files"]), "schema_version": "1"}  # fmt: skip

    def from_crdt_state(self, crdt: Any) -> Any:
        files = {}
        for path, digest in crdt["crdt_state"].items():
            gone = {line[1:] for line in lines(digest) if line.startswith("\0")}
            files[path] = put("".join(line for line in lines(digest) if line[:1] != "\0" and line not in gone))
        return {"files": files, "domain": "lines"}

    def join(self, a: Any, b: Any) -> Any:
        state = {}
        for path in a["crdt_state"].keys() | b["crdt_state"].keys():
            both = {*lines(a["crdt_state"].get(path)), *lines(b["crdt_state"].get(path))}
            state[path] = put("".join(sorted(both)))
        made = {"files": state, "domain": "lines", "vclock": {}, "crdt_state": state, "schema_version": "1"}
        return {**made, "files": self.from_crdt_state(made)["files"]}


class Advance:
    """`advance_crdt_state`: what was taken out stays in the state, marked as gone."""

    def advance_crdt_state(self, crdt: Any, delta: Any, *, actor: str) -> Any:
        state = dict(crdt["crdt_state"])
        for op in delta["ops"]:
            was, now = lines(state.get(op["address"])), lines(op["new_content_id"])
            gone = ["\0" + line for line in was if line[:1] != "\0" and line not in now]
            state[op["address"]] = put("".join(sorted({*was, *now, *gone})))
        made = {**crdt, "crdt_state": state}
        return {**made, "files": self.from_crdt_state(made)["files"]}  # type: ignore[attr-defined]


class MergeFile:
    """`merge_file`, the one-file form."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        texts = [(side or b"").decode().splitlines(keepends=True) for side in (base, ours, theirs)]
        return FileMerge(three_way(*texts).encode())


class Obeys:
    """`merge_file` that does as a rule about the dimension `lines` says, and asks about the first lines else."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        how = options.current()
        side = how.picks.get("top") or resolve_strategy(how.rules, path, "lines")
        text = {"ours": ours, "theirs": theirs, "base": base or b""}.get(side)
        return FileMerge(ours, [ConflictRecord(path=path, address="top")]) if text is None else FileMerge(text)


class Conflicts:
    """`merge_file` that leaves everything to a person."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        return FileMerge(ours, [ConflictRecord(path=path, address="all", ours_summary="ours", theirs_summary="theirs")])


class Empties:
    """`merge_file` that finds a conflict and leaves nothing of the file."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        return FileMerge(b"", [ConflictRecord(path=path, address="all", ours_summary="ours", theirs_summary="theirs")])


class Raises:
    """`merge_file` with a fault."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        raise RuntimeError("boom")


class Opaque:
    """A `diff` that says of a file only that it changed."""

    sees_lines = False


class Patterns:
    patterns = ("*.lines",)


class Folder:
    patterns = ("plans/*.lines", "[!x-z]*.LNS")


class Named:
    name = "lines"


class ClaimsToo:
    def claims(self, path: str) -> bool:
        return path.endswith(".lines")


class Listing:
    def listing(self, data: bytes, path: str) -> str:
        return data.decode()


class Shouts:
    def listing(self, data: bytes, path: str) -> str:
        return data.decode().upper()


class Hidden:
    def hidden_values(self, crdt: Any) -> dict[str, list[ConflictRecord]]:
        return {}
