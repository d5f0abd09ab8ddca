"""Conflicts in groups with real Git: what `git merge`, status, conflicts, resolve and review say of music."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.domain import ConflictRecord
from muse.engine.resolve.groups import grouped, opened

from .fixture_cases import BAR, BASS, LEAD, Piece, with_note

GROUP = "track:2/note:bars:2-4"


def revoiced(velocity: int) -> Piece:
    """The bass of bars 2-4 in another velocity, and one note of bar 8."""
    bass = [
        (*note[:3], velocity) if BAR <= note[1] < 4 * BAR or note[1] == 7 * BAR else note for note in BASS
    ]  # fmt: skip
    return Piece(bass=bass)


@pytest.fixture
def stopped(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str], muse_on_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """A merge that stopped: thirteen notes in two velocities; theirs' lead is changed as well."""
    root = make_repo(files={"song.mid": Piece().data()})
    monkeypatch.chdir(root)
    assert main(["install", "--local"]) == 0
    git(root, "switch", "-qc", "side")
    commit(root, {"song.mid": revoiced(100)._replace(lead=with_note(LEAD, 0, velocity=50)).data()})
    git(root, "switch", "-q", "main")
    commit(root, {"song.mid": revoiced(60).data()})
    done = subprocess.run(["git", "merge", "side"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "13 conflicts to settle: muse conflicts shows them, muse resolve -i asks" in done.stderr + done.stdout
    return root


def test_groups_are_shown_and_settled_by_one_pick(
    stopped: Path, git: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["status"]) == 0
    assert "UU song.mid: 13 conflicts in 2 groups: muse conflicts" in capsys.readouterr().out
    assert main(["conflicts"]) == 0
    told = capsys.readouterr().out
    assert f"  {GROUP}: Bass bars 2-4, 12 conflicts (changed by both, differently)" in told
    assert "    ours:   C2 at bar 2 beat 1: velocity 60, and 11 more" in told or "velocity 60, and 11 more" in told
    assert len(told.splitlines()) < 14 and "tick" not in told
    assert main(["conflicts", "--open"]) == 0
    assert capsys.readouterr().out.count("(changed by both, differently)") == 14
    assert main(["conflicts", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert [(group["bars"], len(group["conflicts"])) for group in row["groups"]] == [([2, 4], 12), ([8, 8], 1)]
    assert len(row["conflicts"]) == 13
    assert main(["resolve", "--pick", f"{GROUP}=theirs", "song.mid"]) == 1
    last = row["groups"][1]["address"]
    assert main(["resolve", "--pick", f"{last}=ours", "song.mid"]) == 0
    git(stopped, "commit", "-qm", "merged")
    mixed = revoiced(100)._replace(lead=with_note(LEAD, 0, velocity=50))
    bass = [(*note[:3], 60) if note[1] == 7 * BAR else note for note in mixed.bass]
    assert (stopped / "song.mid").read_bytes() == mixed._replace(bass=bass).data()
    capsys.readouterr()
    assert main(["review"]) == 0
    told = capsys.readouterr().out
    assert "binary" not in told and "+Lead 1:1 C5 1/2 vel 50" in told.splitlines()
    assert "    Lead bar 1: velocity -40 (1 note); Bass bars 2-4: velocity +40 (12 notes)" in told.splitlines()


def test_asking_goes_group_by_group(
    stopped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from click.testing import CliRunner

    from muse.cli.verbs.resolve import command

    done = CliRunner().invoke(command, ["-i", "song.mid"], input="?\nl\nt\no\n", standalone_mode=False)
    assert done.return_value == 0, done.output
    assert "take the base, as it was before\nk  keep both" in done.output
    assert done.output.count("(changed by both, differently)") == 1 + 13 + 1


def test_kinds_and_distant_bars_are_apart() -> None:
    def record(address: str, kind: str = "note_attribute") -> ConflictRecord:
        return ConflictRecord("a.mid", kind, address=address)

    rows = [record(f"track:1/note:{bar}:1:0:0:60#0") for bar in (1, 2, 4, 9)]
    rows += [record(f"track:1/note:{bar}:1:0:0:62#0", "note_delete_edit") for bar in (1, 2, 4)]
    rows += [record("")]
    groups = grouped(rows)
    assert sorted(len(group.records) for group in groups) == [1, 1, 3, 3]
    assert len({group.address for group in groups}) == 4
    three = next(group for group in groups if group.kind == "note_delete_edit")
    assert set(opened({three.address: "theirs"}, rows)) == {row.address for row in rows[4:7]}
    assert opened({"elsewhere": "ours"}, rows) == {"elsewhere": "ours"}


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        ([f"track:1/note:{bar}:1:0:0:60#0" for bar in range(1, 400, 10)], ["track:1/note:bars:1-391"]),
        ([f"track:1/note:{bar}:1:0:0:60#0" for bar in range(1, 80, 5)], ["track:1/note:bars:1-76"]),
        (
            [f"track:{n}/{word}:{bar}:1:0" for n in (1, 2) for word in ("note", "controller", "pitch_bend", "program",
             "pressure", "text") for bar in (1, 90)],
            ["track:1/all:bars:1-90", "track:2/all:bars:1-90"],
        ),
        ([f"track:{n}/note:3:1:0:0:60#0" for n in range(40)], ["tracks/all:bars:3-3"]),
        ([f"P{n}/measure:{bar}" for n in (1, 2) for bar in (3, 4, 5)], ["P1/measure:bars:3-5", "P2/measure:bars:3-5"]),
        ([f"P{n}/measure:{3 * n}" for n in range(1, 41)], ["tracks/all:bars:3-120"]),
    ],
)  # fmt: skip
def test_a_person_never_has_to_settle_more_than_ten_groups(addresses: list[str], names: list[str]) -> None:
    rows = [ConflictRecord("a.mid", "note_attribute", address=address) for address in addresses]
    groups = grouped(rows)
    assert [group.address for group in groups] == names
    assert sorted(record.address for group in groups for record in group.records) == sorted(addresses)
    assert set(opened(dict.fromkeys(names, "theirs"), rows)) == set(addresses)


def test_a_name_from_a_finer_list_is_still_known() -> None:
    rows = [ConflictRecord("a.mid", "note_attribute", address=f"track:1/note:{bar}:1:0:0:60#0") for bar in (1, 2, 50)]
    few = {group.address for group in grouped(rows)}
    rows += [ConflictRecord("a.mid", "note_attribute", address=f"track:{n}/note:9:1:0:0:60#0") for n in range(2, 40)]
    assert "track:1/note:bars:1-2" in few and "track:1/note:bars:1-2" not in {g.address for g in grouped(rows)}
    picked = opened({"track:1/note:bars:1-2": "theirs"}, rows)
    assert picked == {"track:1/note:1:1:0:0:60#0": "theirs", "track:1/note:2:1:0:0:60#0": "theirs"}
