"""`git diff` of music after `muse install`: what happened to the bars in words, and true changes alone as lines."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

BAR = 1920


def vlq(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def song(*voices: tuple[bytes, list[tuple[int, int, int]]], scale: int = 1) -> bytes:
    """Voices of (name, notes of (tick, pitch, velocity)), each an eighth long, on a channel of its own."""
    chunks = []
    for channel, (name, notes) in enumerate(voices):
        rows = [(tick * scale, bytes((0x90 | channel, pitch, loud))) for tick, pitch, loud in notes]
        rows += [((tick + 239) * scale, bytes((0x80 | channel, pitch, 0))) for tick, pitch, _ in notes]
        data, now = b"\0\xff\x03" + vlq(len(name)) + name, 0
        for tick, body in sorted(rows):
            data += vlq(tick - now) + body
            now = tick
        data += b"\0\xff\x2f\0"
        chunks.append(b"MTrk" + len(data).to_bytes(4, "big") + data)
    head = b"MThd\0\0\0\6\0\1" + len(voices).to_bytes(2, "big") + (480 * scale).to_bytes(2, "big")
    return head + b"".join(chunks)


def notes(step: int) -> list[tuple[int, int, int]]:
    return [(at * 240, 40 + at * step % 37, 60 + at % 20) for at in range(8 * 20)]


def later(voice: list[tuple[int, int, int]], bar: int, count: int) -> list[tuple[int, int, int]]:
    """Bars put in before a bar."""
    return [(tick + count * BAR if tick >= (bar - 1) * BAR else tick, *rest) for tick, *rest in voice]  # type: ignore[misc]


LEAD, BASS = notes(7), notes(5)
BASE = song((b"Lead", LEAD), (b"Bass", BASS))


@pytest.fixture
def shown(make_repo: Callable[..., Path], run: Run) -> Callable[..., list[str]]:
    """`shown(new, *words)`: the lines of `git diff` of a piece that was BASE."""

    def show(new: bytes, *words: str) -> list[str]:
        root = make_repo("repo", {"a b.mid": BASE})
        assert run(root, "muse", "install").returncode == 0
        (root / "a b.mid").write_bytes(new)
        done = run(root, "git", *(words or ("diff",)))
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return show


def changed(lines: list[str]) -> list[str]:
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_bars_put_in_and_one_edit_behind_them(shown: Callable[..., list[str]]) -> None:
    lead = [(tick, pitch, 127 if at == 100 else loud) for at, (tick, pitch, loud) in enumerate(LEAD)]
    lines = shown(song((b"Lead", later(lead, 9, 2)), (b"Bass", later(BASS, 9, 2))))
    assert lines[:4] == [
        "diff --git a/a b.mid b/a b.mid",
        "2 bars inserted at bar 9; Lead bar 15: velocity +67 (1 note)",
        "--- a/a b.mid",
        "+++ b/a b.mid",
    ]
    one, two = changed(lines)
    assert one.startswith("-Lead 15:3 ") and one.endswith(" vel 60")
    assert two == "+" + one[1:].removesuffix("60") + "127"


def test_bars_cut(shown: Callable[..., list[str]]) -> None:
    cut = [[row for row in voice if not 4 * BAR <= row[0] < 6 * BAR] for voice in (LEAD, BASS)]
    lead, bass = ([(t - 2 * BAR if t >= 6 * BAR else t, *rest) for t, *rest in voice] for voice in cut)
    lines = shown(song((b"Lead", lead), (b"Bass", bass)))  # type: ignore[arg-type]
    assert lines[1] == "bars 5-6 cut"
    music = [line for line in changed(lines) if " vel " in line]
    assert len(music) == 32 and all(line[0] == "-" and line.split()[1][:2] in ("5:", "6:") for line in music)


def test_tracks_turned_and_other_ticks_are_one_line(shown: Callable[..., list[str]]) -> None:
    lines = shown(song((b"Bass", BASS), (b"Lead", LEAD), scale=2))
    assert [line for line in changed(lines) if "as saved" not in line and " ch " not in line] == []


def test_a_new_a_renamed_and_a_deleted_piece(shown: Callable[..., list[str]], run: Run, tmp_path: Path) -> None:
    shown(BASE)
    root = next(tmp_path.rglob("a b.mid")).parent
    assert run(root, "git", "mv", "a b.mid", "c.mid").returncode == 0
    (root / "c.mid").write_bytes(song((b"Lead", LEAD[:-1]), (b"Bass", BASS)))
    assert run(root, "git", "add", "c.mid").returncode == 0
    said = run(root, "git", "diff", "--cached", "-M5%").stdout.splitlines()
    assert said[1].startswith("similarity index") and "rename to c.mid" in said
    assert [line[:5] for line in changed(said) if " vel " in line] == ["-Lead"]
    assert run(root, "git", "diff", "--cached", "--no-renames").stdout.count("\ndeleted file mode 100644\n") == 1
    whole = run(root, "git", "diff", "--cached", "--no-renames", "--", "c.mid").stdout
    assert "\nnew file mode 100644\n--- /dev/null\n+++ b/c.mid\n" in whole and "\n+Bass: 160 notes\n" in whole


def test_what_is_no_music_and_a_missing_program_still_show_a_change(
    shown: Callable[..., list[str]], run: Run, tmp_path: Path
) -> None:
    lines = shown(b"MThd broken")
    assert any(line.startswith("+cannot be read: ") for line in lines)
    root = next(tmp_path.rglob("a b.mid")).parent
    command = run(root, "git", "config", "diff.muse-midi.command").stdout.strip()
    assert (
        run(root, "git", "config", "diff.muse-midi.command", command.replace("muse-textconv", "gone")).returncode == 0
    )
    done = run(root, "git", "diff")
    assert done.returncode == 0 and "\n+cannot be read: " in done.stdout


def test_the_listings_themselves_are_one_option_away(shown: Callable[..., list[str]]) -> None:
    lines = shown(song((b"Lead", later(LEAD, 9, 2)), (b"Bass", later(BASS, 9, 2))), "diff", "--no-ext-diff")
    assert len(changed(lines)) > 300
