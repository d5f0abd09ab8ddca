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


LANGUAGE = """
import muse
assert muse.__file__.startswith(sys.path[0])
from muse.plugins.code.merge.file import merge_code as merge_file
from muse.plugins.code.languages import overview

print([row for row in overview() if row["language"] == "resources"])

def told(path, base, ours, theirs):
    found = []
    for one, two in ((ours, theirs), (theirs, ours)):
        done = merge_file(path, base, one, two)
        found.append((len(done.conflicts), b"" if done.conflicts else done.content))
    assert found[0][0] == found[1][0] and sorted(found[0][1]) == sorted(found[1][1]), found
    return found[0]

# Both put a line of their own at the end: by line a conflict, by name none.
print(told("my.resources", b"when x\\na: 1\\n", b"when x\\na: 1\\nb: 2\\n", b"when x\\na: 1\\nc: 3\\n"))
# One makes a comment of the line that the other edits.
print(told("my.resources", b"one two, three four\\n", b"NB one two, three four\\n", b"one two, three five\\n"))
# One ends a case in another way, the other puts a case behind it.
case = b"when x\\na: 1\\nstop\\n", b"when x\\na: 1\\ngo\\n", b"when x\\na: 1\\nstop\\nwhen y\\nb: 2\\n"
print(told("my.resources", *case))
"""


def test_a_language_is_one_table(copy: Path) -> None:
    """Its names, comments and words for cases, in the room of languages; other files know nothing of it."""
    room = copy / "muse/plugins/code/languages"
    put(room / "__init__.py", '    "gomod": ', '    "resources": ".resources",\n')
    (room / "resources.py").write_text(
        "from muse.plugins.code.languages.table import Language\n"
        'LANGUAGE = Language(name="resources", lines=(r"when ", r"(\\w+)\\s*:"), comment_line=(b"NB", b""),\n'
        '                    cases=(b"when",))\n'
    )
    assert run(copy, LANGUAGE) == [
        "[{'language': 'resources', 'files': ['.resources'], 'grammar': '', 'available': False, "
        "'commutative': ['lines']}]",
        "(0, b'when x\\na: 1\\nb: 2\\nc: 3\\n')",
        "(1, b'')",
        "(1, b'')",
    ]


VERB = '''"""`muse greet`."""

import click

from muse.cli.output import say


@click.command("greet", short_help="Say hello")
@click.argument("name")
def command(name: str) -> None:
    """Say hello to NAME."""
    say(f"hello, {name}")
'''
CALL = """
from muse.cli.main import main
print(main(["greet", "you"]))
print(main(["greet", "--help"]))
print(main(["--help"]))
"""


def test_a_verb_is_one_file_and_one_row(copy: Path) -> None:
    """It runs, and is in the help under its group."""
    room = copy / "muse/cli/verbs"
    put(room / "__init__.py", '    "log": Verb(', '    "greet": Verb("greet", EXAMINE, "Say hello"),\n')
    (room / "greet.py").write_text(VERB)
    lines = run(copy, CALL)
    assert lines[:2] == ["hello, you", "0"]
    assert "Say hello to NAME." in [line.strip() for line in lines]
    start = next(at for at, line in enumerate(lines) if line.lower().startswith("examine"))
    end = next(at for at in range(start, len(lines)) if not lines[at].strip())
    assert [line.split() for line in lines[start:end] if "greet" in line] == [["greet", "Say", "hello"]]
