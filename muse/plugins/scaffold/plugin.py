"""The smallest complete domain: files of `key = value` lines, merged setting by setting. Copy it to begin your own.

`FileDomain` supplies snapshots, drift, apply and the merge of whole trees. A domain adds a codec (here `_read` and
`_write`) and the methods below it; `docs/plugins.md` goes through them.
"""

from __future__ import annotations

from muse._version import __version__
from muse.core import options
from muse.core.address import inside
from muse.core.diff_algorithms import MapInput, diff_by_schema
from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import FileDomain, merge_as_text, whole_file_conflict
from muse.core.schema import DimensionSpec, DomainSchema, MapSchema, SetSchema
from muse.core.terminal import command
from muse.core.types import content_hash
from muse.domain import ConflictRecord, DomainOp, Element, FileMerge

_SETTINGS = MapSchema(
    kind="map",
    key_type="setting",
    value_schema=SetSchema(kind="set", element_type="value", identity="by_content"),
    identity="by_key",
)


class ScaffoldPlugin(FileDomain):
    """Settings in `*.scaffold` files."""

    name = "scaffold"
    patterns = ("*.scaffold",)

    def schema(self) -> DomainSchema:
        """One dimension: the settings."""
        return DomainSchema(
            domain=self.name,
            description="Files of settings, one `key = value` a line",
            dimensions=[
                DimensionSpec(name="settings", description="values by key", schema=_SETTINGS, independent_merge=True)
            ],
            top_level=_SETTINGS,
            merge_mode="three_way",
            schema_version=__version__,
        )

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """One operation per setting, at `path/key`, carrying the new value so that it can be replayed."""
        was, now = _read(old), _read(new)
        sides = [
            MapInput(kind="map", entries={key: content_hash(value) for key, value in side.items()})
            for side in (was, now)
        ]
        delta = diff_by_schema(_SETTINGS, *sides, domain=self.name, address=path)
        for op in delta["ops"]:
            if op["op"] == "insert" or op["op"] == "replace":
                op["content"] = now[op["address"].removeprefix(f"{path}/")]
        return delta["ops"], delta["summary"]

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Git's text merge where that is clean and makes sense, or a side cannot be read; else setting by setting.

        Whoever changed a setting wins; both, differently, is a conflict, and the file keeps ours there.
        """
        text = merge_as_text(path, base, ours, theirs)
        try:
            old, mine, other = _read(base or b""), _read(ours), _read(theirs)
        except FormatError:
            return text
        if not text.conflicts and _makes_sense(text.content):
            return text
        keys = _order(old, mine, other)
        if keys is None:
            return text if text.conflicts else whole_file_conflict(path, base, ours, theirs)
        picks = options.current().picks
        merged: dict[str, str] = {}
        conflicts: list[ConflictRecord] = []
        for key in keys:
            was, left, right = old.get(key), mine.get(key), other.get(key)
            chosen = right if left == was else left
            if was not in (left, right) and left != right:
                pick = picks.get(key)
                chosen = {"theirs": right, "base": was}.get(pick or "ours", left)
                if pick is None:
                    conflicts.append(_conflict(path, key, was, left, right))
            if chosen is not None:
                merged[key] = chosen
        return FileMerge(_write(merged), conflicts)

    def elements(self, path: str, data: bytes) -> list[Element]:
        """What an op can name in a file: its settings."""
        return [
            Element(f"{path}/{key}", "setting", f"{key} = {value}", value, content_hash(value), (at, at))
            for at, (key, value) in enumerate(_read(data).items(), start=1)
        ]

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """The file after operations as `diff_file` makes them."""
        values = _read(old)
        for op in child_ops:
            key = inside(path, op["address"])
            if op["op"] == "delete":
                values.pop(key, None)
            elif (op["op"] == "insert" or op["op"] == "replace") and isinstance(op.get("content"), str):
                values[key] = op["content"]
            else:
                raise MuseError(f"cannot replay {op['op']} of {op['address']}")
        return _write(values)


def _read(data: bytes) -> dict[str, str]:
    """Values by key in the order of the file; FormatError unless writing them gives the same bytes again."""
    values: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").split("\n")[:-1]:
        key, _, value = line.partition(" = ")
        values[key] = value
    if _write(values) != data:
        raise FormatError("not one `key = value` a line")
    return values


def _write(values: dict[str, str]) -> bytes:
    return "".join(f"{key} = {value}\n" for key, value in values.items()).encode()


def _order(old: dict[str, str], mine: dict[str, str], other: dict[str, str]) -> list[str] | None:
    """All keys, in the order of the side that changed it; None when both did, differently."""
    orders = [[key for key in side if key in old and key in mine and key in other] for side in (old, mine, other)]
    if orders[2] in (orders[0], orders[1]):
        return list(dict.fromkeys([*mine, *other]))
    return list(dict.fromkeys([*other, *mine])) if orders[1] == orders[0] else None


def _makes_sense(data: bytes | None) -> bool:
    """False when one key stands twice: both sides added it, at places Git sees as apart."""
    try:
        return bool(_read(data or b"")) or not data
    except FormatError:
        return False


def _conflict(path: str, key: str, was: str | None, left: str | None, right: str | None) -> ConflictRecord:
    words = ["(absent)" if value is None else value for value in (was, left, right)]
    return ConflictRecord(
        path=path,
        conflict_type="setting",
        address=key,
        addresses=[f"{path}/{key}"],
        dimension="settings",
        base_summary=words[0],
        ours_summary=words[1],
        theirs_summary=words[2],
        hint=command("muse", "resolve", "--pick", f"{key}=theirs", paths=[path]),
    )
