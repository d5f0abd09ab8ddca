"""Ten edits of scores as people read them: `git diff`, `muse log`, `muse conflicts`, `muse review`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from muse.cli.main import main
from muse.plugins.score.plugin import ScorePlugin

from .score_kit import NEW, chord, cut, insert, joined, musescore, note, piece, put, strings, version

Edit = Callable[[list[list[list[str]]]], object]


class Case(NamedTuple):
    """A file and two edits of it; what is said about the first, and about both where they are against each other."""

    base: bytes
    ours: bytes
    theirs: bytes
    summary: str
    line: str
    conflict: tuple[str, str]


def xml(ours: Edit, theirs: Edit, summary: str, line: str, *conflict: str) -> Case:
    return Case(version(), version(ours), version(theirs), summary, line, (conflict[0], conflict[1]))


def marked(beats: dict[int, str]) -> bytes:
    """The viola's second bar with other chords at some beats."""
    bars = strings()
    for at, text in beats.items():
        bars[1][at] = text
    return musescore(bars)


def octave(parts: list[list[list[str]]]) -> None:
    for bar in parts[1][4:8]:
        bar[:] = [re.sub(r"(?<=<octave>)\d", lambda found: str(int(found[0]) + 1), text) for text in bar]


def titled(text: str) -> bytes:
    title = f"<work><work-title>{text}</work-title></work>\n  <part-list>".encode()
    return version().replace(b"<part-list>", title, 1)


def keyed(fifths: int) -> bytes:
    key = f"</divisions><key><fifths>{fifths}</fifths><mode>major</mode></key>".encode()
    return version().replace(b"</divisions>", key)


def spoken(text: str) -> str:
    return note("D", 5, f"<lyric><text>{text}</text></lyric>")


SHORT = "<Articulation><subtype>articStaccatoAbove</subtype></Articulation>"
HARD = "<Articulation><subtype>articAccentBelow</subtype></Articulation>"
TEN: dict[str, Case] = {
    "pitch.musicxml": xml(
        put(0, 4, 0, note("B", 6)), put(0, 4, 0, note("A", 2)), "Flute bar 5: G4 1/4 -> B6 1/4 at beat 1",
        "+    B6 1/4 at beat 1", "Flute, bar 5: G4 1/4 -> B6 1/4 at beat 1", "G4 1/4 -> A2 1/4 at beat 1",
    ),
    "octave.musicxml": xml(
        octave, put(1, 5, 0, note("A", 2)), "Cello bars 5-8: transposed +12 (16 notes)", "+    C5 1/4 at beat 1",
        "Cello, bar 6: D4 1/4 -> D5 1/4 at beat 1", "D4 1/4 -> A2 1/4 at beat 1",
    ),
    "insert.musicxml": xml(
        insert(2, NEW, NEW[::-1]), insert(2, NEW[::-1]), "2 bars inserted at bar 3", "+    A5 1/4 at beat 1",
        "2 bars inserted at bar 3", "1 bar inserted at bar 3",
    ),
    "cut.musicxml": xml(
        cut(3, 5), put(0, 3, 1, note("A", 2)), "bars 4-5 cut", "-    F4 1/4 at beat 1", "bar cut", "bars edited",
    ),
    "lyric.musicxml": xml(
        put(0, 0, 1, spoken("la")), put(0, 0, 1, spoken("lo")), 'Flute bar 1: D5 1/4 -> D5 1/4 "la" at beat 2',
        '+    D5 1/4 "la" at beat 2', 'D5 1/4 "la" at beat 2', 'D5 1/4 "lo" at beat 2',
    ),
    "title.musicxml": Case(
        titled("Song"), titled("Tune"), titled("Air"), 'title "Song" -> "Tune"', "+title: Tune",
        ("title, parts or style", "changed differently"),
    ),
    "key.musicxml": Case(
        keyed(0), keyed(-2), keyed(4), "Flute bar 1: key C major -> key B♭ major, "
        "Cello bar 1: key C major -> key B♭ major", "+    key B♭ major", ("key B♭ major", "key E major"),
    ),
    "dynamic.mscx": Case(
        marked({}), marked({0: "<Dynamic><subtype>ff</subtype></Dynamic>" + chord(63)}),
        marked({0: "<Dynamic><subtype>pp</subtype></Dynamic>" + chord(63)}), "Viola bar 2: added ff at beat 1",
        "+    ff at beat 1", ("Viola, bar 2: added ff at beat 1", "Viola, bar 2: added pp at beat 1"),
    ),
    "staccato.mscx": Case(
        marked({}), marked({3: chord(66, SHORT)}), marked({3: chord(66, HARD)}),
        "Viola bar 2: F♯4 1/4 -> F♯4 1/4 staccato at beat 4", "+    F♯4 1/4 staccato at beat 4",
        ("F♯4 1/4 staccato at beat 4", "F♯4 1/4 accent at beat 4"),
    ),
    "tempo.mscx": Case(
        marked({}), marked({0: "<Tempo><tempo>1.6</tempo><text>Andante</text></Tempo>" + chord(63)}),
        marked({0: "<Tempo><tempo>2</tempo></Tempo>" + chord(63)}),
        'Viola bar 2: added tempo 96.00 "Andante" at beat 1', '+    tempo 96.00 "Andante" at beat 1',
        ('added tempo 96.00 "Andante"', "added tempo 120.00"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEN)
def test_an_edit_is_told_as_music(name: str) -> None:
    case = TEN[name]
    found = ScorePlugin().diff_file(name, case.base, case.ours)
    assert found is not None and found[1] == case.summary


_NO_MUSIC = r"\btick|<pitch>|<note>|</|[Bb]inary"


def ten_files(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A repository with each case in a file of its own on `main` and `side`, and one file both edit apart."""
    apart = {"base": version(), "ours": version(put(0, 1, 0, note("B", 6))), "theirs": version(put(0, 1, 1, NEW[0]))}
    root = make_repo(files={name: case.base for name, case in TEN.items()} | {"both.musicxml": apart["base"]})
    monkeypatch.chdir(root)
    assert main(["install", "--local"]) == 0
    git(root, "switch", "-qc", "side")
    commit(root, {name: case.theirs for name, case in TEN.items()} | {"both.musicxml": apart["theirs"]})
    git(root, "switch", "-q", "main")
    commit(root, {name: case.ours for name, case in TEN.items()} | {"both.musicxml": apart["ours"]})
    return root


def test_git_diff_and_log_of_the_ten_edits_read_as_music(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str], muse_on_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = ten_files(make_repo, commit, git, monkeypatch)
    shown = git(root, "diff", "HEAD~", "HEAD")
    capsys.readouterr()
    assert main(["log", "--notes", "-1"]) == 0
    told = capsys.readouterr().out
    for name, case in TEN.items():
        assert case.line in re.split(r"(?m)^diff --git ", shown)[1 + sorted([*TEN, "both.musicxml"]).index(name)]
        assert f"M  {name}: {case.summary}" in told.splitlines()
    assert "Flute, bar 2: D4 1/4 -> B6 1/4 at beat 1" in told

    for text in (shown, told):
        assert not re.search(_NO_MUSIC, text)


def test_conflicts_and_review_of_the_ten_edits_read_as_music(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str], muse_on_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Each against another edit of theirs, and a file that both edit apart."""
    root = ten_files(make_repo, commit, git, monkeypatch)
    subprocess.run(["git", "merge", "side"], cwd=root, capture_output=True, check=False)
    capsys.readouterr()
    assert main(["conflicts"]) == 0
    asked = capsys.readouterr().out
    sections = {words.partition(": ")[0]: words for words in re.split(r"(?m)^(?=\S+\.(?:musicxml|mscx): )", asked)}
    for name, case in TEN.items():
        rows = sections[name].splitlines()
        assert any("ours:" in row and case.conflict[0] in row for row in rows), sections[name]
        assert any("theirs:" in row and case.conflict[1] in row for row in rows), sections[name]
    assert "both.musicxml" not in sections

    git(root, "checkout", "--theirs", ".")
    git(root, "add", ".")
    git(root, "commit", "-qm", "merged")
    assert main(["review"]) == 0
    reviewed = capsys.readouterr().out
    assert "    Flute bar 2: E5 1/4 -> A5 1/4 at beat 2\n--- our side\n" in reviewed
    for text in (asked, reviewed):
        assert not re.search(_NO_MUSIC, text)


def test_letters_instead_of_the_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSE_WORDS", "ascii")
    found = ScorePlugin().diff_file("a.musicxml", TEN["key.musicxml"].base, TEN["key.musicxml"].ours)
    assert found is not None and found[1].startswith("Flute bar 1: key C major -> key Bb major")


def test_names_of_a_stranger_do_not_reach_the_terminal() -> None:
    odd = version(put(0, 0, 0, spoken("\x9b2J"))).replace(b"Flute", "Fl\x9bute".encode())
    found = ScorePlugin().diff_file("a.musicxml", version(), odd)
    assert found is not None
    for text in (found[1], *(op["new_summary"] for op in found[0]), ScorePlugin().listing(odd, "a.musicxml")):  # type: ignore[typeddict-item]
        assert "\\x9b" in text and "\x9b" not in text


def test_bars_far_apart_are_told_each_by_itself() -> None:
    """Not as everything from the first of them to the last."""
    parts = piece()
    octave(parts)
    parts[0][0][:3] = [note("A", 2), note("B", 2), note("C", 2)]
    found = ScorePlugin().diff_file("a.musicxml", version(), joined(parts))
    assert found is not None
    assert found[1] == "Flute bar 1: 3 notes changed, Cello bars 5-8: transposed +12 (16 notes)"
    parts[1][0][:3] = [note("A", 2), note("B", 2), note("C", 2)]
    found = ScorePlugin().diff_file("a.musicxml", version(), joined(parts))
    assert found is not None
    assert found[1].endswith("Cello bar 1: 3 notes changed; bars 5-8: transposed +12 (16 notes)")


def test_many_changes_of_one_bar_are_counted() -> None:
    eighths = [note("CDEFGABC"[at], 4) for at in range(8)]
    parts, up = piece(), piece()
    parts[0][2] = eighths
    up[0][2] = [text.replace("<octave>4", "<octave>3") for text in eighths]
    found = ScorePlugin().diff_file("a.musicxml", joined(parts), joined(up))
    assert found is not None
    (op,) = found[0]
    assert op["new_summary"] == "Flute, bar 3: transposed -12 (8 notes)"  # type: ignore[typeddict-item]


def test_a_longer_note_moves_what_follows() -> None:
    old = joined(piece())
    parts = piece()
    parts[0][2][:3] = [note("E", 4, kind="half"), parts[0][2][1]]
    found = ScorePlugin().diff_file("a.musicxml", old, joined(parts))
    assert found is not None
    (op,) = found[0]
    assert "E4 1/4 -> E4 1/2 at beat 1" in op["new_summary"]  # type: ignore[typeddict-item]
    assert "F5 1/4 moved from beat 2 to beat 3" in op["new_summary"]  # type: ignore[typeddict-item]


def test_a_pitch_that_its_spelling_does_not_follow_is_told_by_its_sound() -> None:
    """MuseScore plays the pitch; its tonal pitch class says C in all three."""
    versions = [marked({1: chord(pitch)}) for pitch in (64, 72, 65)]
    merged = ScorePlugin().merge_file("a.mscx", *versions)
    (record,) = merged.conflicts
    assert record.ours_summary == "Viola, bar 2: E4 1/4 -> C5 1/4 at beat 2"
    assert record.theirs_summary == "Viola, bar 2: E4 1/4 -> F4 1/4 at beat 2"


def test_what_is_written_differently_is_named() -> None:
    loud, soft = (f"<Note><veloOffset>{number}</veloOffset><pitch>" for number in (20, -20))
    versions = [marked({1: chord(64).replace("<Note><pitch>", start)}) for start in ("<Note><pitch>", loud, soft)]
    (record,) = ScorePlugin().merge_file("a.mscx", *versions).conflicts
    assert record.ours_summary == "Viola, bar 2: same notes, written differently (veloOffset)"
