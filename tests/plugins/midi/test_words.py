"""Ten edits of real music as people read them in `git diff` and `muse log`, and what programs do by saving."""

from __future__ import annotations

import importlib.util
import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from muse.cli.main import main
from muse.plugins.midi.file.spelling import length_words, pitch_words
from muse.plugins.midi.plugin import plugin
from muse.plugins.midi.show.diff import diff_files

ROOT = Path(__file__).parents[3]
_spec = importlib.util.spec_from_file_location("pieces", ROOT / "examples" / "demo" / "pieces.py")
assert _spec is not None and _spec.loader is not None
pieces = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pieces)

MENUET = pieces.minuet(beat=True)
ROUND = pieces.round_for_four()
BAR = pieces.BAR
Edit = Callable[[mido.MidiFile], None]
Event = tuple[int, mido.Message]


def edited(data: bytes, edit: Edit) -> bytes:
    """The file after an edit of mido's objects."""
    song = mido.MidiFile(file=io.BytesIO(data))
    edit(song)
    out = io.BytesIO()
    song.save(file=out)
    return out.getvalue()


def retimed(track: mido.MidiTrack, change: Callable[[int, mido.Message], list[Event]]) -> None:
    """Replace each event (absolute tick, message) by those that `change` gives."""
    now, rows = 0, []
    for message in track:
        now += message.time
        rows += [(now, message)] if message.type == "end_of_track" else change(now, message)
    rows.sort(key=lambda row: (row[0], row[1].type == "end_of_track"))
    last = 0
    track.clear()
    for tick, message in rows:
        track.append(message.copy(time=tick - last))
        last = tick


def named(song: mido.MidiFile, name: str) -> mido.MidiTrack:
    return next(track for track in song.tracks if track.name == name)


def notes(name: str, first: int, last: int, **change: Callable[[int], int]) -> Edit:
    """Change attributes of a track's notes in some bars."""

    def one(tick: int, message: mido.Message) -> list[Event]:
        if message.type not in ("note_on", "note_off"):
            return [(tick, message)]
        begins = tick if message.type == "note_on" else tick - 1
        if not (first - 1) * BAR <= begins < last * BAR:
            return [(tick, message)]
        values = {key: step(getattr(message, key)) for key, step in change.items()
                  if key == "note" or message.type == "note_on"}  # fmt: skip
        return [(tick, message.copy(**values))]

    return lambda song: retimed(named(song, name), one)


def bars(at: int, count: int) -> Edit:
    """Insert empty bars before bar `at`, or cut `-count` bars from there."""
    start = (at - 1) * BAR

    def one(tick: int, message: mido.Message) -> list[Event]:
        off = message.type == "note_off" or (message.type == "note_on" and not message.velocity)
        if tick < start or (off and tick == start) or tick == 0:
            return [(tick, message)]
        if count < 0 and (tick < start - count * BAR or (off and tick == start - count * BAR)):
            return []
        return [(tick + count * BAR, message)]

    def every(song: mido.MidiFile) -> None:
        for track in song.tracks:
            retimed(track, one)
            if count < 0:
                track[-1].time = 0

    return every


def add(name: str, *rows: tuple[int, int, int, int]) -> Edit:
    """Add notes: tick, length, pitch, velocity."""

    def edit(song: mido.MidiFile) -> None:
        track = named(song, name)
        channel = next(message.channel for message in track if message.type == "note_on")
        fresh = [(tick, mido.Message("note_on", channel=channel, note=p, velocity=v)) for tick, _, p, v in rows]
        fresh += [(t + n, mido.Message("note_off", channel=channel, note=p, velocity=64)) for t, n, p, _ in rows]
        events = iter([fresh])
        retimed(track, lambda tick, message: [(tick, message), *next(events, [])])

    return edit


def replaced(kind: str, **change: object) -> Edit:
    """Change fields of the first event of a type."""

    def edit(song: mido.MidiFile) -> None:
        for track in song.tracks:
            for at, message in enumerate(track):
                if message.type == kind:
                    track[at] = message.copy(**change)
                    return

    return edit


def dropped(name: str) -> Edit:
    return lambda song: song.tracks.remove(named(song, name))


TEN: dict[str, tuple[bytes, Edit, str, str]] = {
    # name: (piece, edit, summary, a line of `git diff`)
    "transpose": (MENUET, notes("Bass", 5, 8, note=lambda n: n + 12), "Bass bars 5-8: transposed +12 (10 notes)",
                  "+Bass 5:1 A4 1/2 dotted vel 72"),
    "louder": (MENUET, notes("Melody", 9, 16, velocity=lambda v: v + 12),
               "Melody bars 9-16: velocity +12 (32 notes)", "+Melody 9:1 D5 1/4 vel 100"),
    "insert": (MENUET, bars(9, 2), "2 bars inserted at bar 9", "+Melody 11:1 D5 1/4 vel 88"),
    "cut": (MENUET, bars(13, -4), "bars 13-16 cut", "-Melody 16:1 G4 1/2 dotted vel 88"),
    "flat": (ROUND, add("Voice 1", (0, 480, 70, 80)), "Voice 1 bar 1: 1 note added", "+Voice 1 1:1 B♭4 1/4 vel 80"),
    "drum": (MENUET, add("Drums", (4 * BAR + 240, 120, 46, 60), (5 * BAR, 120, 49, 90)),
             "Drums bars 5-6: 2 notes added", "+Drums 6:1 crash cymbal vel 90"),
    "tempo": (MENUET, replaced("set_tempo", tempo=600_000), "bar 1: tempo 100.00",
              "+Menuet in G 1:1 tempo 100.00"),
    "instrument": (MENUET, replaced("program_change", program=73), "Melody bar 1: instrument Flute",
                   "+Melody 1:1 instrument Flute"),
    "key": (MENUET, replaced("key_signature", key="Eb"), "Menuet in G bar 1: key E♭ major",
            "+Menuet in G 1:1 key E♭ major"),
    "drop": (MENUET, dropped("Drums"), "Drums deleted", "-Drums 5:2 closed hi-hat vel 70"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEN)
def test_ten_edits_read_as_music(
    name: str, make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str],
    muse_on_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    piece, edit, summary, line = TEN[name]
    root = make_repo(files={"song.mid": edited(piece, lambda song: None), ".gitattributes": b"*.mid diff=muse\n"})
    git(root, "config", "diff.muse.textconv", "muse-textconv")
    commit(root, {"song.mid": edited(piece, edit)})
    monkeypatch.chdir(root)
    shown = git(root, "diff", "HEAD~", "HEAD")
    assert line in shown.splitlines()
    assert main(["log", "-1"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == f"M  song.mid: {summary}"
    assert main(["log", "--notes", "-1"]) == 0
    deep = capsys.readouterr().out
    music = [row for row in shown.splitlines() if "as saved" not in row]
    assert not re.search(r"\btick", told + deep + "\n".join(music))


AGAINST: dict[str, tuple[Edit, str, str]] = {
    # name of TEN: (what theirs did, ours and theirs in `muse conflicts`)
    "transpose": (notes("Bass", 5, 8, note=lambda n: n + 5), "pitch A4", "pitch D4"),
    "louder": (notes("Melody", 9, 16, velocity=lambda v: v - 20), "velocity 100", "velocity 68"),
    "insert": (bars(9, 3), "2 bars inserted at bar 9", "3 bars inserted at bar 9"),
    "cut": (notes("Bass", 14, 14, note=lambda n: n + 2), "deleted", "A3 at bar 14"),
    "flat": (add("Voice 1", (0, 480, 70, 40)), "B♭4 at bar 1 beat 1, 1/4, vel 80", "1/4, vel 40"),
    "drum": (add("Drums", (5 * BAR, 120, 49, 50)), "crash cymbal at bar 6 beat 1, vel 90", "beat 1, vel 50"),
    "tempo": (replaced("set_tempo", tempo=400_000), "tempo 100.00", "tempo 150.00"),
    "instrument": (replaced("program_change", program=40), "instrument Flute", "instrument Violin"),
    "key": (replaced("key_signature", key="F"), "key E♭ major", "key F major"),
    "drop": (add("Drums", (5 * BAR, 120, 49, 50)), "", "Drums"),
}  # fmt: skip


@pytest.mark.soak
def test_conflicts_and_review_of_the_ten_edits_read_as_music(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str], muse_on_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Each edit in a file of its own, against another one of the same place by theirs, and a clean one of both."""
    clean = add("Melody", (30 * BAR, 480, 70, 55))
    files = {f"{name}.mid": edited(piece, lambda song: None) for name, (piece, *_) in TEN.items()}
    files["both.mid"] = edited(MENUET, lambda song: None)
    root = make_repo(files=files)
    monkeypatch.chdir(root)
    assert main(["install", "--local"]) == 0
    git(root, "switch", "-qc", "side")
    theirs = {f"{name}.mid": edited(TEN[name][0], edit) for name, (edit, *_) in AGAINST.items()}
    commit(root, {**theirs, "both.mid": edited(MENUET, clean)})
    git(root, "switch", "-q", "main")
    ours = {f"{name}.mid": edited(piece, edit) for name, (piece, edit, *_) in TEN.items()}
    commit(root, {**ours, "both.mid": edited(MENUET, TEN["transpose"][1])})
    subprocess.run(["git", "merge", "side"], cwd=root, capture_output=True, check=False)
    capsys.readouterr()
    assert main(["conflicts"]) == 0
    told = capsys.readouterr().out
    sections = {words.split(".mid")[0]: words for words in re.split(r"(?m)^(?=\S+\.mid: )", told)}
    assert set(AGAINST) <= set(sections)
    for name, (_, one, two) in AGAINST.items():
        rows = sections[name].splitlines()
        assert any("ours:" in row and one in row for row in rows) or not one, sections[name]
        assert any("theirs:" in row and two in row for row in rows), sections[name]
    assert not re.search(r"\btick", told)
    git(root, "checkout", "--theirs", ".")
    git(root, "add", ".")
    git(root, "commit", "-qm", "merged")
    assert main(["review"]) == 0
    shown = capsys.readouterr().out
    for line in ("    Melody bar 31: 1 note added",
                 "+Melody 31:1 B♭4 1/4 vel 55", "    1 bar inserted at bar 11", "    Drums added"):  # fmt: skip
        assert line in shown.splitlines()
    music = "\n".join(row for row in shown.splitlines() if "as saved" not in row)
    assert "binary" not in music and not re.search(r"\btick", music)


@pytest.mark.parametrize("verb", [["diff", "HEAD~"], ["log", "--notes", "-1"], ["show"]], ids=lambda verb: verb[0])
def test_spelling_is_a_switch(
    verb: list[str], make_repo: Callable[..., Path], commit: Callable[..., str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    piece, edit, *_ = TEN["flat"]
    root = make_repo(files={"song.mid": edited(piece, lambda song: None)})
    commit(root, {"song.mid": edited(piece, edit)})
    monkeypatch.chdir(root)
    for switches, words in (
        ([], "B♭4 at bar 1 beat 1, 1/4, vel 80"), (["--sharps"], "A♯4 at bar 1 beat 1, 1/4, vel 80"),
        (["--ascii", "--ticks"], "Bb4 at bar 1 beat 1, 480 ticks, vel 80"),
        (["--sharps", "--ascii"], "A#4 at bar 1 beat 1, 1/4, vel 80"), ([], "B♭4 at bar 1 beat 1, 1/4, vel 80"),
    ):  # fmt: skip
        assert main([*verb, *switches]) == 0
        assert words in capsys.readouterr().out


def saved_again(song: mido.MidiFile) -> None:
    """As another program does: note-offs as note-ons, defaults written out, another length of the file."""
    for track in song.tracks:
        for at, message in enumerate(track):
            if message.type == "note_off":
                track[at] = mido.Message(
                    "note_on", channel=message.channel, note=message.note, velocity=0, time=message.time
                )
        channel = next((message.channel for message in track if message.type == "note_on"), None)
        if channel is not None:
            track.insert(0, mido.Message("control_change", channel=channel, control=7, value=100, time=0))
        track[-1] = track[-1].copy(time=track[-1].time + 480)


def finer(song: mido.MidiFile) -> None:
    song.ticks_per_beat = 960
    for track in song.tracks:
        for message in track:
            message.time *= 2


def reordered(song: mido.MidiFile) -> None:
    song.tracks[1], song.tracks[2] = song.tracks[2], song.tracks[1]


def one_track(song: mido.MidiFile) -> None:
    song.tracks[:] = [mido.merge_tracks(song.tracks)]
    song.type = 0


@pytest.mark.parametrize(
    ("edit", "kinds"),
    [
        (saved_again, "defaults written out, end of track, note-off style"),
        (finer, "ticks per beat"),
        (reordered, "track order"),
        (one_track, "format"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_program_does_by_saving_is_one_line_and_last(edit: Edit, kinds: str) -> None:
    old = edited(MENUET, lambda song: None)
    line = f"re-saved by another program ({kinds})"
    told = plugin.diff_file("a.mid", old, edited(old, edit))
    assert told is not None and told[1] == line
    both = edited(edited(old, notes("Melody", 1, 1, velocity=lambda v: v - 20)), edit)
    told = plugin.diff_file("a.mid", old, both)
    assert told is not None
    if edit is not one_track:
        assert told[1] == f"Melody bar 1: velocity -20 (5 notes); {line}"
    else:
        assert told[1].endswith(f"velocity -20 (5 notes); {line}")


def test_git_diff_folds_the_program_into_one_line() -> None:
    old = edited(MENUET, lambda song: None)
    for edit in (finer, lambda song: [named(song, "Bass").__setitem__(-1, mido.MetaMessage("end_of_track", time=9))]):
        before, after = (plugin.listing(data, "a.mid").splitlines() for data in (old, edited(old, edit)))
        differ = [(one, two) for one, two in zip(before, after, strict=True) if one != two]
        assert len(differ) == 1 and differ[0][0].startswith("as saved: format 1, 480 ticks per beat, release 64")


def test_what_stands_there_several_times_is_said_once() -> None:
    def tempos(*values: int) -> bytes:
        def put(song: mido.MidiFile) -> None:
            row = song.tracks[0]
            row[:] = [message for message in row if message.type != "set_tempo"]
            row[0:0] = [mido.MetaMessage("set_tempo", tempo=value, time=0) for value in values]

        return edited(MENUET, put)

    before, after = tempos(500_000), tempos(*[573_888] * 3, 600_000)
    assert diff_files(before, after)[1] == "bar 1: tempo 104.55 (3 times), tempo 100.00"
    assert diff_files(after, before)[1] == "bar 1: tempo 120.00"


def test_a_release_somebody_played_is_music() -> None:
    song = mido.MidiFile(file=io.BytesIO(MENUET))
    offs = [message for message in named(song, "Melody") if message.type == "note_off"]
    for at, message in enumerate(offs):
        message.velocity = 20 + at
    out = io.BytesIO()
    song.save(file=out)
    told = plugin.diff_file("a.mid", out.getvalue(), MENUET)
    assert told is not None and "release changed" in told[1] and "re-saved" not in told[1]


def test_saving_is_no_reason_for_blame(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = make_repo(files={"song.mid": MENUET})
    first = git(root, "rev-parse", "HEAD")
    data = edited(MENUET, saved_again)
    commit(root, {"song.mid": data})
    data = edited(data, bars(9, 2))
    commit(root, {"song.mid": data})
    last = commit(root, {"song.mid": edited(edited(data, finer), notes("Bass", 1, 1, velocity=lambda v: 99))})
    monkeypatch.chdir(root)
    assert main(["blame", "--notes", "song.mid"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert {row.split()[0] for row in rows} == {first[:8], last[:8]}
    assert [row.split(") ")[1] for row in rows if row.startswith(last[:8])] == ["Bass 1:1 G3 1/2 vel 99"]


@pytest.mark.parametrize(
    ("sharps", "names"),
    [(-3, "C D♭ D E♭ E F G♭ G A♭ A B♭ B"), (0, "C C♯ D E♭ E F F♯ G G♯ A B♭ B"), (2, "C C♯ D D♯ E F F♯ G G♯ A A♯ B"),
     (7, "B♯ C♯ D D♯ E E♯ F♯ G G♯ A A♯ B"), (-7, "C D♭ D E♭ F♭ F G♭ G A♭ A B♭ C♭")],
)  # fmt: skip
def test_pitches_are_spelled_in_the_key(sharps: int, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    octave = [pitch_words(0, pitch, sharps) for pitch in range(60, 72)]
    assert [name.rstrip("0123456789") for name in octave] == names.split()
    assert pitch_words(0, 60, 7) == "B♯3" and pitch_words(0, 71, -7) == "C♭5"
    monkeypatch.setenv("MUSE_WORDS", "ascii")
    assert pitch_words(0, 70, -3) == "Bb4"
    monkeypatch.setenv("MUSE_WORDS", "sharps ascii")
    assert pitch_words(0, 70, -3) == "A#4"
    assert pitch_words(9, 42) == "closed hi-hat"


def test_lengths_are_note_values() -> None:
    told = {ticks: length_words(ticks, 480) for ticks in (480, 720, 160, 320, 1920, 455, 1200, 100, 1, 0)}
    assert told == {
        480: "1/4", 720: "1/4 dotted", 160: "1/8 triplet", 320: "1/4 triplet", 1920: "1/1", 455: "1/4 - 0.052 quarters",
        1200: "5/8", 100: "0.208 quarters", 1: "0.002 quarters", 0: "no length",
    }  # fmt: skip
