"""A quick look at loose objects takes none for damaged that is whole: the codes before its first byte may be long."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from muse.store.objects import loose
from muse.store.repository import Repository
from tests.conftest import MakeRepo


def test_whole_objects_are_whole_to_a_quick_look(make_repo: MakeRepo, tmp_path: Path) -> None:
    root, dice = make_repo(), random.Random(5)
    files = []
    for number in range(60):
        lines = [f"{dice.getrandbits(160):040x} {chr(dice.randrange(33, 127)) * 3} {number}" for _ in range(40)]
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text("\n".join(lines) + "".join(map(chr, range(33, 127))))
    subprocess.run(["git", "hash-object", "-w", *files], cwd=root, check=True, capture_output=True)
    objects = [path for path in (root / ".git" / "objects").glob("??/*") if len(path.parent.name) == 2]
    late = [path for path in objects if len(zlib.decompressobj().decompress(path.read_bytes()[:64], 64)) < 5]
    assert late, "some say next to nothing in their first 64 bytes"
    assert loose.damaged(Repository(root), quick=True) == set()
    late[0].chmod(0o600)
    late[0].write_bytes(b"\0" * 600)
    assert loose.damaged(Repository(root), quick=True) == {late[0].parent.name + late[0].name}


def test_a_folder_of_objects_may_go_while_it_is_looked_at(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git gc` packs what is in it and takes the folder away; what comes after it is looked at all the same."""
    root = make_repo(files={"a.txt": "a\n"})
    repo, look = Repository(root), os.listdir
    *_, gone, last = sorted(path for path in (root / ".git" / "objects").glob("[0-9a-f][0-9a-f]"))
    (late,) = last.iterdir()
    late.chmod(0o600)
    late.write_bytes(b"\0" * 600)

    def packed(path: str) -> list[str]:
        if Path(path) == gone:
            shutil.rmtree(gone)
        return look(path)

    monkeypatch.setattr(os, "listdir", packed)
    for quick in (True, False):
        assert loose.damaged(repo, quick=quick) == {last.name + late.name}
    assert not gone.exists()
