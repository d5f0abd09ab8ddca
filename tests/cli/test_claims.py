"""`muse claim`, `release` and `claims`: advice that is told, linked to ops, and always ends."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core import coordination
from muse.core.op_log import OpLog
from tests.conftest import MakeRepo
from tests.session.kit import append


@pytest.fixture
def root(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_repo(files={"a.py": "def f():\n    pass\n"})
    monkeypatch.chdir(made)
    return made


def test_an_overlap_is_told_and_no_lock(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", "--as", "ada", "--ttl", "15m", "a.py"]) == 0
    assert capfd.readouterr().err == ""
    assert main(["claim", "--as", "bob", "a.py::f", "b.py"]) == 0
    assert "a.py::f: claimed by ada until " in capfd.readouterr().err
    assert main(["claim", "--as", "cyd", "--exclusive", "a.py::f"]) == 1
    assert "is claimed by" in capfd.readouterr().err
    assert main(["claims"]) == 0
    told = capfd.readouterr().out
    assert "a.py (also bob)" in told and "a.py::f (also ada)" in told and "b.py\n" in told and "cyd" not in told
    assert main(["release", "--as", "ada", "a.py"]) == 0 and main(["release", "--as", "ada", "a.py"]) == 128
    assert main(["claim", "--as", "cyd", "a.py::g"]) == 0 and "claimed by" not in capfd.readouterr().err
    assert main(["release", "--as", "bob", "--all"]) == 0
    assert {found.run_id for found in coordination.active_reservations(root)} == {"cyd"}


@pytest.mark.parametrize("ttl", ["0", "-1", "8d", "999999999d", "forever", "", "1.5h", "inf"])
def test_a_claim_that_never_ends_is_refused(root: Path, ttl: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", f"--ttl={ttl}", "a.py"]) == 129
    assert "from 1 second to 7 days" in capfd.readouterr().err
    assert coordination.load_all_reservations(root) == []


def test_a_claim_ends_by_itself_whatever_its_record_says(root: Path) -> None:
    assert main(["claim", "--ttl", "1", "a.py"]) == 0
    assert len(coordination.active_reservations(root)) == 1
    time.sleep(1.1)
    assert coordination.active_reservations(root) == []
    now = datetime.now(UTC)
    for begun, ends in ((now - timedelta(days=8), now + timedelta(days=9999)), (now + timedelta(days=400),) * 2):
        made = coordination.planned("eve", "main", ["a.py"], 1)
        made.created_at, made.expires_at = begun, ends
        coordination.keep(root, made)
    assert coordination.active_reservations(root) == []


def test_ops_name_the_claim_and_intent_they_are_made_under(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["session", "start", "jam"]) == 0
    capfd.readouterr()
    assert main(["claim", "--as", "ada", "--for", "make f useful", "--json", "a.py::f"]) == 0
    made = json.loads(capfd.readouterr().out)
    op = {"op": "replace", "address": "a.py::f", "content": "def f():\n    return 1"}
    line = {"op": op, "actor": "ada", "intent": made["intent"], "reservation": made["id"]}
    assert "ack" in append(root, "jam", line)[0]
    (entry,) = OpLog(root, "jam").read_all()
    assert (entry["intent_id"], entry["reservation_id"]) == (made["intent"], made["id"])
    (intent,) = coordination.load_all_intents(root)
    assert (intent.intent_id, intent.operation, intent.reservation_id) == (made["intent"], "make f useful", made["id"])
    assert main(["claims"]) == 0
    assert "ada edits a.py in jam: 1 op" in capfd.readouterr().out


def test_names_and_records_that_are_none_do_no_harm(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", "--as", "ada", "a.py"]) == 0
    folder = root / ".muse" / "coordination" / "reservations"
    (folder / "x.json").write_text("{")
    os.symlink("/dev/zero", folder / "y.json")
    assert main(["claims"]) == 0 and "a.py" in capfd.readouterr().out
    assert main(["release"]) == 129 and main(["release", "nothing"]) == 128
    assert main(["claim", *[f"p{n}" for n in range(1001)]]) == 129


def test_addresses_are_typed_from_where_one_stands(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (root / "sub").mkdir()
    os.chdir(root / "sub")
    assert main(["claim", "--as", "ada", "m.py::f", "../a.py", "./x"]) == 0
    assert list(coordination.active_reservations(root)[0].addresses) == ["sub/m.py::f", "a.py", "sub/x"]
    assert main(["claim", "--as", "bob", str(root / "a.py")]) == 0
    assert "a.py: claimed by ada" in capfd.readouterr().err
    assert main(["claim", "../../x"]) == 128 and "outside of the repository" in capfd.readouterr().err
    assert main(["release", "--as", "ada", "m.py::f"]) == 0
    assert [found.run_id for found in coordination.active_reservations(root)] == ["bob"]
