"""CSV score sheets: a header, then one row per contestant, named by the first column. Merged cell by cell."""

from __future__ import annotations

import csv
import io
from typing import Any

from muse.core import options
from muse.core.address import inside
from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import FileDomain, merge_as_text, whole_file_conflict
from muse.core.schema import DimensionSpec, DomainSchema, MapSchema, SetSchema
from muse.core.types import content_hash
from muse.domain import ConflictRecord, DeleteOp, DomainOp, FileMerge, InsertOp, PatchOp, ReplaceOp

_CELL = SetSchema(kind="set", element_type="cell", identity="by_content")
_ROW = MapSchema(kind="map", key_type="column", value_schema=_CELL, identity="by_key")
_ROWS = MapSchema(kind="map", key_type="contestant", value_schema=_ROW, identity="by_key")
Rows = dict[str, dict[str, str]]


class ScoreSheetPlugin(FileDomain):
    """Score sheets in `*.score.csv`."""

    name = "scoresheet"
    patterns = ("*.score.csv",)

    def schema(self) -> DomainSchema:
        rows = DimensionSpec(name="rows", description="cells by contestant", schema=_ROWS, independent_merge=True)
        return DomainSchema(
            domain=self.name,
            description="CSV score sheets",
            dimensions=[rows],
            top_level=_ROWS,
            merge_mode="three_way",
            schema_version="0.1.0",
        )

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """Rows that came and went at `path/row`; a changed row is a patch with one replace per cell."""
        (columns, was), (now_columns, now) = _read(old), _read(new)
        if columns != now_columns:
            return None
        ops: list[DomainOp] = []
        for row in dict.fromkeys([*was, *now]):
            at, before, after = f"{path}/{row}", was.get(row), now.get(row)
            if after is None:
                ops.append(
                    DeleteOp(
                        op="delete", address=at, position=None, content_id=content_hash(before), content_summary=row
                    )
                )
            elif before is None:
                ops.append(
                    InsertOp(
                        op="insert",
                        address=at,
                        position=None,
                        content_id=content_hash(after),
                        content_summary=row,
                        content=after,
                    )
                )
            elif before != after:
                cells: list[DomainOp] = [
                    ReplaceOp(
                        op="replace",
                        address=f"{at}/{column}",
                        position=None,
                        content=after[column],
                        old_content_id=content_hash(before[column]),
                        new_content_id=content_hash(after[column]),
                        old_summary=before[column],
                        new_summary=after[column],
                    )
                    for column in columns
                    if before[column] != after[column]
                ]
                ops.append(
                    PatchOp(
                        op="patch",
                        address=at,
                        child_ops=cells,
                        child_domain=self.name,
                        child_summary=f"{len(cells)} cells of {row}",
                    )
                )
        return ops, f"{len(ops)} rows changed"

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Git's text merge where it is clean and still a sheet; else cell by cell, ours where both changed one."""
        text = merge_as_text(path, base, ours, theirs)
        try:
            columns, mine = _read(ours)
            (their_columns, other), (old_columns, was) = _read(theirs), _read(ours if base is None else base)
        except FormatError:
            return text
        was = {} if base is None else was
        if not text.conflicts and _is_sheet(text):
            return text
        rows = _row_order(was, mine, other)
        if rows is None or not columns == their_columns == old_columns:
            return text if text.conflicts else whole_file_conflict(path, base, ours, theirs)
        conflicts: list[ConflictRecord] = []
        merged: Rows = {}
        for row in rows:
            before, left, right = was.get(row), mine.get(row), other.get(row)
            if left is None or right is None:
                kept = _settle(conflicts, path, row, before, left, right)
                if kept is not None:
                    merged[row] = kept
                continue
            merged[row] = {
                column: _settle(
                    conflicts, path, f"{row}/{column}", before and before[column], left[column], right[column]
                )
                or ""
                for column in columns
            }
        return FileMerge(_write(columns, merged), conflicts)

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """Replay what `diff_file` says."""
        columns, rows = _read(old)
        for op in child_ops:
            row = inside(path, op["address"])
            row, _, column = row.partition("/") if op["op"] == "replace" else (row, "", "")
            if op["op"] == "delete":
                rows.pop(row, None)
            elif op["op"] == "insert":
                rows[row] = dict(op["content"])
            elif op["op"] == "patch":
                for cell in op["child_ops"]:
                    if cell["op"] == "replace":
                        rows[row][inside(row, inside(path, cell["address"]))] = cell["content"]
            elif op["op"] == "replace" and column:  # one cell, as a live edit names it
                rows[row][column] = op["content"]
            else:
                raise MuseError(f"cannot replay {op['op']} of {op['address']}")
        return _write(columns, rows)

    def listing(self, data: bytes, path: str) -> str:
        """One line per cell, for `git diff`."""
        columns, rows = _read(data)
        return "".join(f"{row}, {column}: {cells[column]}\n" for row, cells in rows.items() for column in columns[1:])


def _settle(conflicts: list[ConflictRecord], path: str, address: str, was: Any, left: Any, right: Any) -> Any:
    """Three-way choice of one value; where both changed it, the pick for its address, else ours and a conflict."""
    if left == right or right == was:
        return left
    if left == was:
        return right
    pick = options.current().picks.get(address)
    if pick is None:
        words = ["(none)" if side is None else str(side) for side in (was, left, right)]
        conflicts.append(
            ConflictRecord(
                path=path,
                conflict_type="cell",
                address=address,
                addresses=[f"{path}/{address}"],
                dimension="rows",
                base_summary=words[0],
                ours_summary=words[1],
                theirs_summary=words[2],
                hint=f"muse resolve {path} --pick '{address}=theirs'",
            )
        )
    return {"theirs": right, "base": was}.get(pick or "ours", left)


def _row_order(was: Rows, mine: Rows, other: Rows) -> list[str] | None:
    """All rows, in the order of the side that changed it; None when both did, differently."""
    orders = [[row for row in side if row in was and row in mine and row in other] for side in (was, mine, other)]
    if orders[2] in (orders[0], orders[1]):
        return list(dict.fromkeys([*mine, *other]))
    return list(dict.fromkeys([*other, *mine])) if orders[1] == orders[0] else None


def _read(data: bytes) -> tuple[list[str], Rows]:
    """Columns, and cells by row and column; FormatError unless writing them gives the same bytes again."""
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"not a CSV sheet: {error}") from None
    columns = lines[0] if lines else []
    rows = {line[0]: dict(zip(columns, line)) for line in lines[1:] if line}
    if not columns or len(set(columns)) < len(columns) or _write(columns, rows) != data:
        raise FormatError("not a sheet with one header and one row per contestant")
    return columns, rows


def _write(columns: list[str], rows: Rows) -> bytes:
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(columns)
    table.writerows([cells.get(column, "") for column in columns] for cells in rows.values())
    return out.getvalue().encode()


def _is_sheet(merged: FileMerge) -> bool:
    """False when Git's clean merge left two rows of one contestant."""
    try:
        return bool(_read(merged.content or b""))
    except FormatError:
        return False
