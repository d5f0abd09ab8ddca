"""Writer ids: one per clone, renewed in a copy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from muse.core.errors import MuseError
from muse.store import writer
from muse.store.repository import Repository

ASK = """
import sys
from muse.store import repository, writer
print(writer.writer_id(repository.Repository(sys.argv[1])))
"""


@pytest.fixture
def repo(make_repo):
    return Repository(make_repo(files={"a": "1\n"}))


def test_made_once_and_kept(repo, linked_worktree):
    assert writer.known_writer(repo) is None
    me = writer.writer_id(repo)
    assert len(me) == 20 and me == writer.writer_id(repo) == writer.known_writer(Repository(repo.root))
    assert writer.writer_id(Repository(linked_worktree(repo.root))) == me
    assert writer.previous_writers(repo) == []


def test_a_copy_takes_a_new_id_and_remembers_the_old(repo, make_repo):
    me = writer.writer_id(repo)
    copy = repo.root.parent / "copy"
    shutil.copytree(repo.root, copy, symlinks=True)
    other = Repository(copy)
    assert writer.known_writer(other) is None
    assert writer.writer_id(other) != me and writer.previous_writers(other) == [me]
    assert writer.writer_id(repo) == me


def test_another_machine_takes_a_new_id(repo, monkeypatch):
    me = writer.writer_id(repo)
    monkeypatch.setattr(writer, "_machine", lambda: "another")
    assert writer.writer_id(repo) != me


def test_rotation_happens_once(repo):
    me = writer.writer_id(repo)
    new = writer.rotate(repo, me)
    assert new != me and writer.rotate(repo, me) == new == writer.writer_id(repo)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id":"../../x","machine":"m","path":"p","previous":[]}',
        b'{"id":"%s","machine":"m","path":"p","previous":[1]}' % (b"a" * 20),
    ],
)
def test_a_damaged_file_gives_a_new_id(repo, damage):
    me = writer.writer_id(repo)
    (repo.common_dir / "muse" / "writer.json").write_bytes(damage)
    assert writer.writer_id(repo) != me
    assert json.loads((repo.common_dir / "muse" / "writer.json").read_bytes())["id"] == writer.writer_id(repo)


def test_first_writes_at_once_agree(repo):
    started = [subprocess.Popen([sys.executable, "-c", ASK, str(repo.root)], stdout=subprocess.PIPE) for _ in range(4)]
    assert len({one.communicate()[0] for one in started}) == 1


def test_a_place_that_cannot_be_written(repo):
    (repo.common_dir / "muse").write_text("in the way")
    with pytest.raises(MuseError, match="cannot write"):
        writer.writer_id(repo)
