"""Reservations and intents on disk, whatever else lies in their folders."""

from __future__ import annotations

import json
import logging
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from muse import __version__
from muse.core.coordination import (
    Intent,
    Reservation,
    active_reservations,
    create_intent,
    create_reservation,
    keep,
    load_all_intents,
    load_all_reservations,
    overlaps,
    planned,
    problems,
)


def folder(root: Path, kind: str = "reservations") -> Path:
    return root / ".muse" / "coordination" / kind


def test_a_reservation_is_one_file_with_everything(tmp_path: Path) -> None:
    made = create_reservation(tmp_path, "agent/../1", "feature/x", ["a.py::f", "../../etc/passwd"], 60, "rename")
    (file,) = folder(tmp_path).iterdir()
    assert file.name == f"{made.reservation_id}.json"
    stored = json.loads(file.read_text())
    assert stored == made.to_dict() and stored["schema_version"] == __version__
    assert made.expires_at - made.created_at == timedelta(seconds=60)
    assert load_all_reservations(tmp_path) == [made] == active_reservations(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".muse"]


def test_an_intent_names_its_reservation(tmp_path: Path) -> None:
    made = create_intent(tmp_path, "res/1", "agent", "main", ["x"], "delete", "no longer used")
    assert load_all_intents(tmp_path) == [made] and made.reservation_id == "res/1"
    assert json.loads(next(folder(tmp_path, "intents").iterdir()).read_text())["detail"] == "no longer used"


def test_expired_reservations_are_loaded_and_not_active(tmp_path: Path) -> None:
    create_reservation(tmp_path, "old", "main", ["x"], ttl_seconds=0)
    kept = create_reservation(tmp_path, "new", "main", ["y"])
    assert [record.run_id for record in load_all_reservations(tmp_path)] == ["old", "new"]
    assert active_reservations(tmp_path) == [kept]


def test_nothing_there_is_nothing_reserved(tmp_path: Path) -> None:
    assert load_all_reservations(tmp_path) == [] and load_all_intents(tmp_path) == [] and problems(tmp_path) == []


def test_overlaps_are_found_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = create_reservation(tmp_path, "ann", "one", ["a.py", "b.py::f"])
    with caplog.at_level(logging.WARNING):
        create_reservation(tmp_path, "ann", "two", ["a.py::g"])
        assert caplog.text == "", "one's own reservations do not get in one's way"
        second = create_reservation(tmp_path, "bob", "two", ["a.py::g", "c.py", "b.py::f2"])
    assert "a.py::g" in caplog.text and "ann" in caplog.text and "b.py" not in caplog.text
    found = overlaps(active_reservations(tmp_path))
    assert [(pair.first.run_id, pair.second.run_id, pair.addresses) for pair in found] == [
        ("ann", "bob", ["a.py"]),
        ("ann", "bob", ["a.py::g"]),
    ]
    assert overlaps([first], [second])[0].addresses == ["a.py"]
    assert overlaps([second], [first])[0].addresses == ["a.py::g"]


def test_overlaps_of_many_reservations_do_not_try_all_pairs() -> None:
    now = datetime.now(UTC)
    many = [Reservation(str(n), str(n), "main", [f"src/{n}.py::f"], now, now) for n in range(5_000)]
    assert overlaps(many) == []
    assert len(overlaps([*many, Reservation("x", "x", "main", ["src/7.py"], now, now)])) == 1


GARBAGE: dict[str, Any] = {
    "text": b"not json{{{",
    "empty": b"",
    "binary": b"\xff\x00\xfe",
    "list": b"[]",
    "null": b"null",
    "number": b'{"reservation_id": 7}',
    "deep": b"[" * 100_000,
    "huge": b" " * ((1 << 20) + 1),
    "times": json.dumps(
        {
            "reservation_id": "r",
            "intent_id": "i",
            "run_id": "r",
            "branch": "b",
            "addresses": [],
            "operation": "o",
            "created_at": "yesterday",
            "expires_at": "never",
        }
    ).encode(),
    "addresses": json.dumps(
        {
            "reservation_id": "r",
            "run_id": "r",
            "branch": "b",
            "addresses": "a.py",
            "created_at": "2026-01-01",
            "expires_at": "2026-01-01",
        }
    ).encode(),
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("kind", ["reservations", "intents"])
def test_garbage_is_skipped_and_reported(name: str, kind: str, tmp_path: Path) -> None:
    create_reservation(tmp_path, "r", "main", ["x"])
    create_intent(tmp_path, "", "r", "main", ["x"], "edit")
    (folder(tmp_path, kind) / f"{name}.json").write_bytes(GARBAGE[name])
    assert len(load_all_reservations(tmp_path)) == len(load_all_intents(tmp_path)) == 1
    (line,) = problems(tmp_path)
    assert f"{kind}/{name}.json is no record" in line


def test_what_a_clone_may_hold_of_records_is_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """20,000 of them, addresses of a million parts, all about one thing: minutes for each claim, pages of noise."""
    folder = tmp_path / ".muse" / "coordination" / "reservations"
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    for number in range(2500):
        made = Reservation(f"{number}", f"r{number}", "main", ["a.py"], now, now + timedelta(hours=1))
        (folder / f"{number}.json").write_text(json.dumps(made.to_dict()))
    for number in range(30):
        (folder / f"x{number}.json").write_text("{")
        deep = {**made.to_dict(), "addresses": ["/".join("ab" * 100_000)]}
        (folder / f"deep{number}.json").write_text(json.dumps(deep))
    mine = planned("me", "main", ["a.py::f", "b.py"], 3600)
    keep(tmp_path, mine)
    begun = time.process_time()
    found = load_all_reservations(tmp_path)
    assert mine.reservation_id in [each.reservation_id for each in found], "the newest is among those that are read"
    assert 1000 < len(found) <= 2000 and len(overlaps([mine], found)) > 900
    assert len(overlaps(found)) <= 2000 and time.process_time() - begun < 5
    assert len(caplog.records) < 20 and "what else is none is not told here" in caplog.text
    assert any("more than are read" in why for why in problems(tmp_path))


def test_things_that_are_no_files_are_skipped_and_never_waited_for(tmp_path: Path) -> None:
    create_reservation(tmp_path, "r", "main", ["x"])
    here = folder(tmp_path)
    os.mkfifo(here / "pipe.json")
    (here / "folder.json").mkdir()
    (here / "link.json").symlink_to(next(here.glob("*-*.json")))
    (here / "notes.txt").write_text("not looked at")
    (here / ".half.json").write_text("{")
    assert len(load_all_reservations(tmp_path)) == 1
    assert sorted(line.split()[0] for line in problems(tmp_path)) == [
        "reservations/folder.json",
        "reservations/link.json",
        "reservations/pipe.json",
    ]


def test_a_file_in_the_folders_place_is_reported(tmp_path: Path) -> None:
    folder(tmp_path).parent.mkdir(parents=True)
    folder(tmp_path).write_text("")
    assert load_all_reservations(tmp_path) == []
    assert "Not a directory" in problems(tmp_path)[0]


def test_dictionaries_come_back_equal_and_times_without_a_zone_are_utc() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    intent = Intent("i", "", "r", "b", ["x"], "edit", now)
    assert Intent.from_dict(intent.to_dict()) == intent
    without = {**intent.to_dict(), "created_at": "2026-01-02T00:00:00"}
    del without["detail"]
    assert Intent.from_dict(without) == intent
