"""Scores and projects of 50 MB merge in bounded time and memory, each in a process of its own that has the bounds."""

from __future__ import annotations

import subprocess
import sys

import pytest

_BOUNDS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
"""
SCORE = """
from muse.plugins.score.plugin import ScorePlugin as Plugin

NOTE = "<note><pitch><step>%s</step><octave>%d</octave></pitch><duration>1</duration><voice>1</voice></note>\\n"
HEAD = '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>A</part-name></score-part></part-list>'

def bar(n, top):
    notes = (NOTE % ("CDEFGAB"[(n * k + k) % 7], (n + k) % top) for k in range(16))
    return f'<measure number="{n}">\\n' + "".join(notes) + "</measure>\\n"

def made(edits):
    bars = [bar(n, 7 if n not in edits else 5) for n in range(1, 34_000)]
    return (HEAD + '<part id="P1">' + "".join(bars) + "</part></score-partwise>").encode()
name = "a.musicxml"
"""
PROJECT = """
from muse.plugins.daw.plugin import DawPlugin as Plugin

HEAD = '<?xml version="1.0"?><Ableton MajorVersion="5" MinorVersion="11.0_1" Creator="Live"><LiveSet><Tracks>'
TRACK = '<MidiTrack Id="{n}"><Name><EffectiveName Value="T{n}" /></Name><DeviceChain><Mixer><Volume>'
MORE = '<Manual Value="{v}" /></Volume></Mixer></DeviceChain>'
UNKNOWN = "".join(f'<Unknown{k} Value="{k}" />' for k in range(2_000))

def made(edits):
    tracks = ((TRACK + MORE).format(n=n, v=1 + (n in edits)) + UNKNOWN + "</MidiTrack>\\n" for n in range(1, 1_000))
    return (HEAD + "".join(tracks) + "</Tracks></LiveSet></Ableton>").encode()
name = "a.als"
"""
_MERGE = """
base, ours, theirs, both = made([]), made([20]), made([700]), made([20, 700])
assert 50_000_000 < len(base) < 80_000_000, len(base)
merged = Plugin().merge_file(name, base, ours, theirs)
assert not merged.conflicts and merged.content == both, merged.notes
"""


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits there")
@pytest.mark.parametrize("kind", [SCORE, PROJECT], ids=["score", "project"])
def test_fifty_megabytes_merge_within_bounds(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BOUNDS + kind + _MERGE], capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, done.stderr[-600:]
