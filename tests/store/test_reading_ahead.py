"""Many refs that are looked at for the first time are read in a few questions, and come to what one by one came to."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.store.meta import union
from muse.store.objects.database import ObjectReader
from muse.store.repository import Repository
from tests.hostile import in_refs
from tests.hostile.quarry import EVIL, OURS, Quarry, sound

KINDS = [
    in_refs.refs_of_wrong_kinds,
    in_refs.refs_whose_objects_are_lost,
    in_refs.refs_whose_objects_are_damaged,
    in_refs.forged_ops,
    in_refs.deltas_of_nonsense,
    in_refs.states_of_nonsense,
    in_refs.writers_of_ours_as_they_say,
    in_refs.a_folder_two_thousand_deep,
]


def _seen(root: Path) -> tuple[list[tuple[str, ...]], ...]:
    """All that is taken up of a repository looked at for the first time, and all that is left out."""
    repo = Repository(root)
    for index in (root / ".git" / "muse").glob("union-*"):
        index.unlink()
    found = union.Union(repo, quiet=True)
    tables = [f"select * from {table} order by 1, 2" for table in ("entry", "tip", "lost")]
    answer = *(found._rows(words) for words in tables), [tuple(each) for each in found.problems]
    repo.close()
    return answer


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_read_ahead_comes_to_the_same(kind, git_env, tmp_path: Path, monkeypatch) -> None:
    place = sound(tmp_path / "repo")
    kind(place)
    one_by_one = _seen(place.root)
    assert any(one_by_one)
    monkeypatch.setattr(union, "MANY", 0)
    assert _seen(place.root) == one_by_one


def _writers(place: Quarry, count: int) -> None:
    """Each with a commit and a tree of its own; some of an unknown format, some with a format of many bytes."""
    rows = [(f"refs/heads/{name}", place.git("rev-parse", name)) for name in ("main", "topic")]
    says = [place.blob(b"muse 2\n"), place.blob(b"muse 1\n"), place.blob(b"muse 99\n"), place.zeros(1 << 20)]
    for number in range(count):
        files = {"format": says[number % 13 if number % 13 < 4 else 0], "jam/name": place.blob(b"jam")}
        files[f"jam/content/aa/{number:064x}"] = place.blob(b"%d" % number)
        tip = place.commit(place.folder(files), message=b"%d\n" % number)
        rows += [(f"{EVIL}/log/{number:020x}", tip), (f"{OURS}/meta/{number:020x}", tip)]
    place.packed(rows)


def test_a_first_look_at_many_refs_asks_little(git_env, tmp_path: Path, monkeypatch) -> None:
    """Three questions and more for each ref, a change of process there and back: 7 s of work for 20,000 refs."""
    place = sound(tmp_path / "repo")
    _writers(place, 200)
    monkeypatch.setattr(union, "MANY", 1000)
    one_by_one = _seen(place.root)
    monkeypatch.undo()
    asked: list[str] = []
    real = ObjectReader._header
    monkeypatch.setattr(ObjectReader, "_header", lambda self, name: (asked.append(name), real(self, name))[1])
    assert _seen(place.root) == one_by_one
    assert len(one_by_one[0]) > 150 and any("format" in row[-1] for row in one_by_one[-1])
    assert len(asked) < 100, "the large formats are asked for by themselves"
    asked.clear()
    assert Repository(place.root).objects.resolve(place.git("rev-parse", "main")) and len(asked) == 1
