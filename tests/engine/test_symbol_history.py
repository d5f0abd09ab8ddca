"""The history of a symbol: streamed, counted by what is told, remembered from run to run."""

from __future__ import annotations

import pytest

from muse.core.errors import UsageError
from muse.engine.history import symbols
from muse.engine.history.log import touching
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

TEXT = "import os\n\n\ndef f():\n    return {f}\n\n\ndef g():\n    return {g}\n"


@pytest.fixture
def repo(make_repo, commit, monkeypatch):
    """Twelve commits, of which every third changes `f`, after one that adds it."""
    root = make_repo("repo", {"a.py": TEXT.format(f=0, g=0)})
    monkeypatch.chdir(root)
    for number in range(1, 12):
        commit(root, {"a.py": TEXT.format(f=number // 3, g=number)}, f"number {number}")
    return Repository(root)


def told(repo, *words, name="f", path="a.py"):
    return [step.commit.message for step in symbols.history(repo, path, name, words, plugin_for_path)]


ALL = ["number 9", "number 6", "number 3", "first"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ALL), (["-n2"], ALL[:2]), (["-n", "3"], ALL[:3]), (["-1"], ALL[:1]), (["--max-count=2"], ALL[:2]),
        (["-n0"], []), (["-n", "-1"], ALL), (["--skip=1", "-n", "2"], ALL[1:3]), (["--skip", "3"], ALL[3:]),
        (["-n2", "HEAD~3"], ALL[1:3]), (["-n99"], ALL),
    ],
)  # fmt: skip
def test_counts_are_of_what_is_told(repo, words, expected):
    assert told(repo, *words) == expected


@pytest.mark.parametrize("words", [["-n"], ["-n", "x"], ["--skip", "-2"], ["--max-count"]])
def test_counts_that_are_none_are_refused(repo, words):
    with pytest.raises(UsageError, match="needs a number"):
        told(repo, *words)


def test_the_first_step_comes_before_the_last_commit_is_read(repo, monkeypatch):
    read = []

    def counting(*words):
        for found in touching(*words):
            read.append(found)
            yield found

    monkeypatch.setattr(symbols, "touching", counting)
    steps = symbols.history(repo, "a.py", "f", [], plugin_for_path)
    assert next(steps).commit.message == "number 9" and len(read) == 3
    steps.close()


def test_a_second_look_reads_no_file_again(repo, monkeypatch):
    first = told(repo)
    blob = repo.objects.blob
    again = []
    monkeypatch.setattr(repo.objects, "blob", lambda name, *limit: again.append(name) or blob(name, *limit))
    assert told(repo) == first and len(again) == 1, "the newest version alone, to see that the symbol is there"
    cache = repo.common_dir / "muse" / "words.sqlite"
    cache.write_bytes(b"nonsense" * 1000)
    assert told(repo) == first and told(repo) == first


def test_what_was_remembered_of_one_symbol_is_not_told_of_another(repo):
    told(repo)
    assert len(told(repo, name="g")) == 12


def test_a_symbol_is_followed_through_a_copy_of_its_file_and_a_rename(make_repo, commit, git, monkeypatch):
    body = "".join(f"def h{n}():\n    return {n}\n\n\n" for n in range(30))
    root = make_repo("copies", {"old.py": body + TEXT.format(f=0, g=0)})
    commit(root, {"old.py": body + TEXT.format(f=1, g=0)}, "change")
    git(root, "mv", "old.py", "new.py")
    commit(root, {"new.py": body + TEXT.format(f=1, g=1).replace("def f", "def renamed")}, "rename")
    commit(root, {"new.py": body + TEXT.format(f=2, g=1).replace("def f", "def renamed")}, "last")
    monkeypatch.chdir(root)
    repo = Repository(root)
    steps = list(symbols.history(repo, "new.py", "renamed", [], plugin_for_path))
    assert [(step.address, step.before) for step in steps] == [
        ("new.py::renamed", "new.py::renamed"),
        ("new.py::renamed", "old.py::f"),
        ("old.py::f", "old.py::f"),
        ("old.py::f", ""),
    ]
