"""Small changes, each made to a copy of the package in the one room it belongs to, and then used."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "muse", tmp_path / "muse", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(copy: Path, script: str) -> list[str]:
    """What a script prints that imports the copy."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(copy)!r}, {str(ROOT)!r}]\n{script}"],
        cwd=copy, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def put(file: Path, before: str, row: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, row + before))


MIDI = """
import muse
assert muse.__file__.startswith(sys.path[0])
from muse.plugins.midi.declaration import schema
from muse.plugins.midi.edit.patch import patch_file
from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.show.diff import diff_files
from muse.plugins.midi.show.listing import listing
from tests.plugins.midi.midi_kit import cc, song

NOTES = [(60, 0, 480), (62, 480, 480)]
def file(ports, feet, extra=()):
    rows = [(tick, bytes((0xFF, 0x60, 1, kind))) for tick, kind in ports]
    return song(NOTES, rows + [(tick, cc(4, value)) for tick, value in feet] + list(extra), end=4000)

base, new = file([(0, 1)], [(0, 9)]), file([(0, 2), (1920, 3)], [(0, 8), (1200, 7)])
ops, words = diff_files(base, new)
inside = [op for each in ops for op in (each["child_ops"] if each["op"] == "patch" else [each])]
print(words)
print(*sorted(op["address"] for op in inside))
assert patch_file("a.mid", base, ops) == new
back, _ = diff_files(new, base)
assert patch_file("a.mid", new, back) == base
print([line for line in listing(new).splitlines() if "patch type 3" in line or "foot 7" in line])
print([row["name"] for row in schema("1")["dimensions"] if row["name"] in ("patch_types", "cc_foot")])
def told(ours, theirs):
    done = merge_file("a.mid", base, ours, theirs)
    return done.content, sorted(conflict.dimension for conflict in done.conflicts)
patch, foot, other = file([(0, 2)], [(0, 9)]), file([(0, 1)], [(0, 3)]), file([(0, 5)], [(0, 9)])
assert told(patch, foot) == told(foot, patch) == (file([(0, 2)], [(0, 3)]), [])
print(told(patch, other)[1], told(foot, file([(0, 1)], [(0, 4)]))[1])
"""


def test_a_kind_of_midi_event_is_one_row(copy: Path) -> None:
    """A meta event and a controller: told apart, told in words, replayed and merged."""
    put(
        copy / "muse/plugins/midi/file/dimensions.py",
        '    Dimension("program_change"',
        '    Dimension("cc_foot", "foot controller", CONTROLLER, numbers={4: "foot", 36: ""}),\n'
        '    Dimension("patch_types", "types of patches", META, LIST, numbers={0x60: "patch type"},\n'
        '              phrase="patch type", value=lambda name, data: f"{name} {data[0]}" if data else ""),\n',
    )
    assert run(copy, MIDI) == [
        "track 1 bar 1: 2 foot changes; bars 1-2: 2 patch type changes",
        "track:0/cc_foot:1:1:0:0:4 track:0/cc_foot:1:3:240:0:4"
        " track:0/patch_types:1:1:0:96 track:0/patch_types:2:1:0:96",
        "['track 1 1:3+1/8 foot 7', 'track 1 2:1 patch type 3']",
        "['cc_foot', 'patch_types']",
        "['patch_types'] ['cc_foot']",
    ]
