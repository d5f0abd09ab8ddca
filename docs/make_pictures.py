"""Draw the pictures of docs/midi.md from the cases in fixtures/merge/midi: `python docs/make_pictures.py`.

A test checks that they are current. Each case is merged here and drawn by the renderer of `muse render --svg`.
"""

from __future__ import annotations

from pathlib import Path

from muse.engine.resolve.compare import Compared
from muse.plugins.midi.file.codec import parse, write
from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.plugin import MidiPlugin
from muse.view.pianoroll import picture

HERE = Path(__file__).parent
CASES = HERE.parent / "fixtures" / "merge" / "midi"
PICTURES = {  # name -> the case, and which track of it is drawn
    "merged": ("new-notes-under-a-transposition", 2),
    "two-attributes": ("pitch-and-velocity-of-one-note", 1),
    "two-values": ("c1-two-velocities", 1),
    "new-overlap": ("c4-new-overlap", 2),
    "bars": ("bars-inserted-and-edited-behind", 1),
}


def pictures() -> dict[str, str]:
    """File name -> SVG."""
    return {f"{name}.svg": _drawn(CASES / case, track) for name, (case, track) in PICTURES.items()}


def _only(data: bytes, track: int) -> bytes:
    song = parse(data)
    song.chunks = [song.chunks[0], song.chunks[track]]
    return write(song)


def _drawn(case: Path, track: int) -> str:
    whole = [(case / f"{name}.mid").read_bytes() for name in ("base", "ours", "theirs")]
    base, ours, theirs = (_only(data, track) for data in whole)
    merged = merge_file("piece.mid", *whole)
    if merged.conflicts or merged.content is None:  # framed by the addresses of the one track that is drawn
        merged = merge_file("piece.mid", base, ours, theirs)
    else:
        merged.content = _only(merged.content, track)
    sides = {"base": base, "ours": ours, "theirs": theirs, "result": merged.content}
    return picture(Compared(f"{case.name}.mid", sides, conflicts=merged.conflicts), MidiPlugin())


if __name__ == "__main__":
    (HERE / "midi").mkdir(exist_ok=True)
    for file, svg in pictures().items():
        (HERE / "midi" / file).write_text(svg, encoding="utf-8")
