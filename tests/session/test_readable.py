"""A session leaves no file that cannot be read and could be before: the op that brought it is named and rejected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunGit
from tests.session.kit import CODE, PIECE, append, note_up
from tests.session.stories import added, agent, changed, delivered_once, muse, read, symbol, write
from tests.session.test_ordinary_days import code, func, person

CUT = CODE[: CODE.index(b"def third")] + b"def third(:\n"
GOOD = CODE + b"\n\ndef fourth():\n    return 4\n"
JSON = b'{"a": 1}\n'


@pytest.mark.parametrize(
    "path, good, bad, why",
    [
        ("code.py", CODE, CUT, "could not be parsed any more (line 9)"),
        ("piece.mid", PIECE.read_bytes(), PIECE.read_bytes()[:100], ""),
        ("c.json", JSON, b'{"a": 1', "could not be parsed any more (line 1)"),
    ],
)
def test_a_whole_file_that_cannot_be_read_is_rejected(
    jam: Path, git: RunGit, path: str, good: bytes, bad: bytes, why: str
) -> None:
    if path == "c.json":
        write(jam, path, good)
        git(jam, "add", "-A"), git(jam, "commit", "-qm", "a setting")
    agent(jam, changed(path, good, bad), added("new.txt", b"new\n"))
    said = muse(jam, "session", "commit", "jam", code=3)
    assert f"{path}: op " in said and "of bot: it cannot be applied" in said and why in said and "--partial" in said
    assert read(jam, path) == good and read(jam, "new.txt") is None and git(jam, "status", "--porcelain") == ""
    muse(jam, "session", "commit", "jam", "--partial", code=3)
    assert read(jam, path) == good and read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)


def test_what_is_mended_by_the_next_op_is_no_harm(jam: Path, git: RunGit) -> None:
    agent(jam, changed("code.py", CODE, CUT), changed("code.py", CUT, GOOD), added("new.py", b"def (\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == GOOD and read(jam, "new.py") == b"def (\n", "it never could be read"
    delivered_once(jam, git)


def test_the_ops_before_and_beside_it_hold(jam: Path, git: RunGit) -> None:
    song = PIECE.read_bytes()
    agent(jam, func("first", 10), changed("piece.mid", song, note_up(song, 1)))
    ten = code(first=10)
    agent(jam, changed("code.py", ten, ten.replace(b"return 2", b"return 20")))
    agent(jam, changed("code.py", ten.replace(b"return 2", b"return 20"), ten + b"class (\n"), actor="careless")
    person(jam, git, third=30)
    said = muse(jam, "session", "commit", "jam", "--partial", code=3)
    assert said.count("cannot be applied") == 1 and "of careless" in said
    assert read(jam, "code.py") == code(first=10, second=20, third=30) and read(jam, "piece.mid") == note_up(song, 1)
    delivered_once(jam, git)


def test_a_person_may_commit_what_cannot_be_read(jam: Path, git: RunGit) -> None:
    """Then the session goes on from there, and it may be mended by an op."""
    agent(jam, changed("code.py", CODE, CUT))
    write(jam, "code.py", CUT)
    git(jam, "commit", "-qam", "half done")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == CUT
    agent(jam, changed("code.py", CUT, GOOD))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == GOOD
    delivered_once(jam, git)


def test_an_edit_inside_that_would_break_it_is_refused_at_once(jam: Path) -> None:
    (answer,) = append(jam, "jam", {"op": symbol("code.py", "first", "def first(:\n    return 10\n")})
    assert answer["code"] == "unfit" and "parsed" in answer["error"], answer


def test_what_cannot_be_read_does_not_hide_under_another_name(jam: Path, git: RunGit) -> None:
    agent(jam, changed("code.py", CODE, CUT), added("new.txt", b"new\n"))
    (answer,) = append(
        jam, "jam", {"op": {"op": "rename", "address": "code.py", "to": "moved.py"}}, args=("--no-check",)
    )
    assert "ack" in answer
    assert "moved.py: op " in muse(jam, "session", "commit", "jam", code=3)
    muse(jam, "session", "commit", "jam", "--partial", code=3)
    assert read(jam, "code.py") == CODE and read(jam, "moved.py") is None and read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)
