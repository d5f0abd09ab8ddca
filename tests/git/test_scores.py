"""A score through a real `git merge`: two people's bars meet, `git diff` speaks of notes, a conflict can be picked."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., "subprocess.CompletedProcess[str]"]


TPC = {60: 14, 62: 16, 64: 18, 65: 13, 67: 15, 72: 14, 48: 14, 36: 14}


def score(*bars: int) -> str:
    """A MuseScore file: one whole note a bar."""
    text = "".join(
        "<Measure>\n<voice>\n<Chord>\n<durationType>whole</durationType>\n"
        f"<Note>\n<pitch>{pitch}</pitch>\n<tpc>{TPC[pitch]}</tpc>\n</Note>\n</Chord>\n</voice>\n</Measure>\n"
        for pitch in bars
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="4.20">\n<Score>\n<Part>\n<Staff id="1"></Staff>\n'
        f'<trackName>Oboe</trackName>\n</Part>\n<Staff id="1">\n{text}</Staff>\n</Score>\n</museScore>\n'
    )


def page_data(page: Path) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_a_score_in_git(
    run: Run, git: Callable[..., str], commit: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    root = make_repo(files={"song.mscx": score(60, 62, 64, 65)})
    assert run(root, "muse", "install", "--local").returncode == 0
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {"song.mscx": score(60, 62, 67, 65)}, "theirs")
    git(root, "switch", "-q", "main")
    commit(root, {"song.mscx": score(72, 60, 62, 64, 65)}, "ours")
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stderr
    assert (root / "song.mscx").read_text() == score(72, 60, 62, 67, 65)
    shown = git(root, "diff", "HEAD^1")
    assert [line for line in shown.splitlines() if line[:1] in "+-" and "beat" in line] == [
        "-    E4 1/1 at beat 1",
        "+    G4 1/1 at beat 1",
    ]

    found = run(root, "muse", "grep-notes", "--pitch", "G4..C5", "--track", "obo")
    assert found.stdout == "song.mscx: Oboe bar 1: C5 1/1 at beat 1\nsong.mscx: Oboe bar 4: G4 1/1 at beat 1\n"
    (row,) = json.loads(run(root, "muse", "grep-notes", "--bars", "2", "--json", "--rev", "HEAD").stdout)
    assert (row["path"], row["part"], row["bar"], row["pitches"]) == ("song.mscx", "Oboe", 2, [60])
    assert run(root, "muse", "grep-notes", "--velocity", "1-127").returncode == 1

    git(root, "switch", "-q", "-c", "again")
    commit(root, {"song.mscx": score(72, 60, 62, 67, 48)}, "last bar")
    git(root, "switch", "-q", "main")
    commit(root, {"song.mscx": score(72, 60, 62, 67, 36)}, "last bar, too")
    done = run(root, "git", "merge", "--no-edit", "again")
    assert done.returncode == 1
    assert (root / "song.mscx").read_text() == score(72, 60, 62, 67, 36)
    told = run(root, "muse", "conflicts")
    assert "Oboe, bar 5: F4 1/1 -> C2 1/1 at beat 1" in told.stdout
    assert "Oboe, bar 5: F4 1/1 -> C3 1/1 at beat 1" in told.stdout
    assert run(root, "muse", "render", "-o", "page.html").returncode == 0
    (drawn,) = page_data(root / "page.html")["files"]
    music = drawn["music"]
    assert (music["sides"], music["tracks"][0]["name"]) == (["base", "ours", "theirs", "result"], "Oboe")
    assert [bar[:2] for bar in music["bars"]] == [[96 * at, at + 1] for at in range(6)]
    everywhere, base, mine, other = 0b1111, 0b0001, 0b1010, 0b0100
    assert sorted((note[3], note[2], note[6]) for note in music["notes"]) == [
        *((0, 72, everywhere), (96, 60, everywhere), (192, 62, everywhere), (288, 67, everywhere)),
        *((384, 36, mine), (384, 48, other), (384, 65, base)),
    ]
    assert music["marks"] == [[0, 384, None]]
    done = run(root, "muse", "resolve", "song.mscx", "--pick", "1/measure:5=theirs")
    assert done.returncode == 0, done.stderr
    assert (root / "song.mscx").read_text() == score(72, 60, 62, 67, 48)


def test_musicxml_in_an_xml_file(
    run: Run, git: Callable[..., str], commit: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    """Bars inserted and a bar edited meet in a score called `.xml`; other XML is merged as it was."""

    def music(*steps: str) -> str:
        bars = "".join(
            f'<measure number="{n}">\n'
            + ("<attributes>\n<divisions>1</divisions>\n</attributes>\n" if n == 1 else "")
            + f"<note>\n<pitch>\n<step>{step}</step>\n<octave>4</octave>\n</pitch>\n<duration>4</duration>\n"
            "<voice>1</voice>\n<type>whole</type>\n</note>\n</measure>\n"
            for n, step in enumerate(steps, 1)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<!-- <x> -->\n<score-partwise version="3.1">\n<part-list>\n'
            '<score-part id="P1">\n<part-name>Oboe</part-name>\n</score-part>\n</part-list>\n'
            f'<part id="P1">\n{bars}</part>\n</score-partwise>\n'
        )

    def page(one: str, two: str) -> str:
        return f"<page>\n  <a>{one}</a>\n  <b/>\n  <c/>\n  <d>{two}</d>\n</page>\n"

    root = make_repo(files={"song.xml": music(*"CDEF"), "page.xml": page("1", "1")})
    assert run(root, "muse", "install", "--local").returncode == 0
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {"song.xml": music(*"CDGF"), "page.xml": page("1", "2")}, "theirs")
    git(root, "switch", "-q", "main")
    commit(root, {"song.xml": music(*"BACDEF"), "page.xml": page("2", "1")}, "ours")
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stderr
    assert (root / "song.xml").read_text() == music(*"BACDGF")
    assert (root / "page.xml").read_text() == page("2", "2")
    told = run(root, "muse", "show").stdout
    assert "song.xml: Oboe bar 5: E4 1/1 -> G4 1/1 at beat 1" in told
    assert "G4 1/1" in run(root, "muse-textconv", "song.xml").stdout
