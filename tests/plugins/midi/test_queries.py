"""Finding notes, and who wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.errors import UsageError
from muse.plugins.midi.show.queries import (
    Query,
    blame_bars,
    blame_notes,
    find_notes,
    parse_pitch,
    parse_pitches,
    parse_range,
)

from .fixture_cases import BASS, LEAD, Piece, transposed, with_note

PIECE = Piece().data()


def test_pitches_and_ranges_are_read_as_musicians_write_them() -> None:
    assert [parse_pitch(text) for text in ("C4", "c#4", "Bb3", "C-1", "G9", "60")] == [60, 61, 58, 0, 127, 60]
    assert parse_pitches("C4..G4") == (60, 67)
    assert (parse_range("5"), parse_range("5-8")) == ((5, 5), (5, 8))
    for wrong in ("H4", "128", "G#9", ""):
        with pytest.raises(UsageError):
            parse_pitch(wrong)


def test_conditions_have_to_hold_together() -> None:
    everything = list(find_notes(PIECE, Query()))
    assert len(everything) == 16 + 32 + 32
    found = list(find_notes(PIECE, Query(bars=(5, 6), track="bass", velocities=(80, 80))))
    assert [each.words() for each in found][:2] == ["Bass 5:1 E2 1/4 vel 80", "Bass 5:2 B2 1/4 vel 80"]
    assert len(found) == 8
    assert found[0].address == "track:2/note:5:1:0:1:40#0"
    assert {each.track for each in find_notes(PIECE, Query(channel=9))} == {3}
    assert list(find_notes(PIECE, Query(pitches=(0, 10)))) == []


def test_a_note_belongs_to_the_version_that_changed_it_last() -> None:
    one = Piece()
    two = one._replace(bass=transposed(BASS, 5, 8, 12))
    three = one._replace(lead=with_note(LEAD, 4, velocity=1))
    four = two._replace(lead=three.lead)
    versions = {name: piece.data() for name, piece in (("1", one), ("2", two), ("3", three), ("4", four))}
    blamed = blame_notes(versions, {"4": ["2", "3"], "2": ["1"], "3": ["1"], "1": []}, "4")
    by = {name: [each.found for each in blamed if each.version == name] for name in versions}
    assert {(each.track, each.bar >= 5) for each in by["2"]} == {(2, True)}
    assert [each.address for each in by["3"]] == ["track:1/note:3:1:0:0:79#0"]
    assert by["4"] == []
    assert len(blamed) == 80
    assert (2, "Bass", 5, {"2": 4}) in blame_bars(blamed)


def test_a_long_history_is_read_once_and_not_held() -> None:
    class Versions(dict[str, bytes]):
        read: list[str] = []

        def __getitem__(self, name: str) -> bytes:
            self.read.append(name)
            return super().__getitem__(name)

    versions = Versions({str(n): Piece(bass=transposed(BASS, 5, 8, n % 12)).data() for n in range(30)})
    blamed = blame_notes(versions, {str(n): [str(n - 1)] for n in range(1, 30)}, "29")
    assert {each.version for each in blamed} == {"0", "29"} and sorted(versions.read) == sorted(versions)


def test_the_verbs(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = make_repo(files={"song.mid": PIECE, "notes.txt": b"C4"})
    first = git(root, "rev-parse", "HEAD")
    git(root, "mv", "song.mid", "renamed.mid")
    git(root, "commit", "-qm", "rename")
    second = commit(root, {"renamed.mid": Piece(bass=transposed(BASS, 5, 8, 12)).data()})
    monkeypatch.chdir(root)
    assert main(["grep-notes", "--pitch", "C5..D5", "--bars", "1", "--track", "lead"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        'renamed.mid: Lead 1:1 C5 1/2 vel 90', 'renamed.mid: Lead 1:3 D5 1/2 vel 90',
    ]  # fmt: skip
    assert main(["grep-notes", "--pitch", "C-1"]) == 1
    assert main(["grep-notes", "--rev", first, "--bars", "5", "--track", "3", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["path"], row["name"]) for row in rows] == [("song.mid", n) for n in ("E2", "B2", "A2", "B2")]
    assert main(["grep-notes", "--pitch", "X"]) == 129
    capsys.readouterr()
    assert main(["blame", "--bars", "--json", "renamed.mid"]) == 0
    bars = json.loads(capsys.readouterr().out)
    assert {row["bar"] for row in bars if second in row["commits"]} == {5, 6, 7, 8}
    assert {name for row in bars for name in row["commits"]} == {first, second}
    assert main(["blame", "--notes", "renamed.mid"]) == 0
    assert f"{second[:8]} (Ada Tester 2026-01-02) Bass 5:1 E3 1/4 vel 80" in capsys.readouterr().out
    assert main(["log", "--notes", "-1"]) == 0
    told = capsys.readouterr().out
    assert "    ~ Bass bars 5-8: transposed +12 (16 notes)" in told
    assert "        ~ E2 at bar 5 beat 1, 1/4, vel 80 -> E3 at bar 5 beat 1, 1/4, vel 80" in told
    assert main(["diff", "--stat", first, second]) == 0
    assert "transposed +12 (16 notes)" in capsys.readouterr().out
