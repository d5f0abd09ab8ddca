"""What `muse log` remembers of commits: the same words as without, and nothing that a lost or false cache can spoil."""

from __future__ import annotations

import sqlite3

import pytest

from muse.engine.history import words


@pytest.fixture
def root(make_repo, commit):
    root = make_repo(files={"a.py": "def f():\n    return 1\n"})
    for number in range(12):
        commit(root, {"a.py": f"def f():\n    return {number + 2}\n\n\ndef g{number}():\n    pass\n"})
    return root


@pytest.fixture
def log(root, muse):
    """What `muse log` says, and on stderr."""

    def run(*args):
        code, out, err = muse(root, "log", *args)
        assert code == 0, err
        return out, err

    return run


def test_the_second_time_says_the_same_words(root, log):
    first = {switch: log(*switch) for switch in ((), ("--oneline",), ("--graph",), ("--sharps",))}
    assert "g11() added" in first[()][0] or "renamed g11()" in first[()][0]
    assert (root / ".git/muse/words.sqlite").exists()
    assert first == {switch: log(*switch) for switch in first}
    (root / ".git/muse/words.sqlite").unlink()
    assert first == {switch: log(*switch) for switch in first}


@pytest.mark.parametrize(
    "damage", ["nonsense", "cut", "folder", "read-only", "other words", "other paths", "no json", "no op"]
)
def test_a_spoiled_cache_spoils_no_word(root, log, damage):
    want = log()
    path = root / ".git/muse/words.sqlite"
    if damage == "nonsense":
        path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "read-only":
        path.chmod(0o400)
    else:
        rows = {
            "other words": "[]",
            "other paths": '[{"op": "insert", "address": "x"}]',
            "no json": "[",
            "no op": '[{"address": "a.py"}]',
        }
        with sqlite3.connect(path) as database:
            database.execute("update said set words = ?", (rows[damage],))
    assert log() == want
    assert log() == want


def test_what_time_does_not_suffice_for_is_told_by_path_and_said(root, log, monkeypatch):
    whole = log()[0]
    (root / ".git/muse/words.sqlite").unlink()
    monkeypatch.setattr(words, "SECONDS", 0.0)
    monkeypatch.setattr(words, "ALWAYS", 4)
    for left in (9, 5, 1):
        said, told = log()
        assert f"{left} commits are told by path alone" in told
        assert said.splitlines()[:10] == whole.splitlines()[:10]
        assert sum(line == "M  a.py" for line in said.splitlines()) >= left - 1
    assert log() == (whole, "")
