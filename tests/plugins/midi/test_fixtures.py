"""The cases of `fixtures/merge/midi`: made reproducibly, merged as they say, settled by picking."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from muse.core import options
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file

from .fixture_cases import CASES, FOLDER, files

FOLDERS = sorted(path for path in FOLDER.iterdir() if path.is_dir())


def heard(data: bytes) -> list[Counter[tuple[int, bytes]]]:
    """Events per track; the order inside a tick is looked at elsewhere."""
    song = parse(data)
    return [Counter([*zip(each.ticks, each.bodies), (each.end_tick, b"end")]) for each in song.tracks]


def test_the_folders_are_what_the_script_makes() -> None:
    assert [folder.name for folder in FOLDERS] == sorted(CASES)
    for folder in FOLDERS:
        made = files(CASES[folder.name])
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == made, folder.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    base = (folder / "base.mid").read_bytes() if (folder / "base.mid").exists() else None  # both added the file
    ours, theirs, expected = ((folder / f"{name}.mid").read_bytes() for name in ("ours", "theirs", "expected"))
    said = tomllib.loads((folder / "case.toml").read_text())
    result = merge_file("piece.mid", base, ours, theirs)
    assert sorted(record.address for record in result.conflicts) == sorted(said["conflicts"])
    assert result.content is not None
    assert heard(result.content) == heard(expected)
    mirror = merge_file("piece.mid", base, theirs, ours)
    assert sorted(record.address for record in mirror.conflicts) == sorted(said["conflicts"])
    for record in result.conflicts:
        assert record.hint
        assert not record.address or (record.dimension and record.ours_summary != record.theirs_summary)
    if "" in said["conflicts"]:
        return  # the whole file: `muse resolve --ours` takes a side, there is nothing to pick
    asked_about_the_map = any(record.conflict_type == "bar_map" for record in result.conflicts)  # ours: as it was read
    for choice in ("ours", "theirs", "base"):
        picks = dict.fromkeys(said["conflicts"], choice)
        with options.using(options.MergeOptions(picks=picks)):  # type: ignore[arg-type]
            settled = merge_file("piece.mid", base, ours, theirs)
        assert settled.conflicts == []
        assert settled.content is not None
        if choice == "ours" and not asked_about_the_map:
            assert heard(settled.content) == heard(expected)
