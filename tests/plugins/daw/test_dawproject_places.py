"""DAWproject: clips that have no ids, and ids that an export counts anew."""

from __future__ import annotations

import pytest

from muse.plugins.daw.plugin import DawPlugin

from .dawproject_kit import clip, device, lanes, note, points, track, written
from .place_kit import Case, case, judged, merge


def project(
    clips: str = "",
    curves: str = "",
    devices: str = "",
    *,
    clips_2: str = "",
    tempo: int = 120,
    unit: str = "beats",
) -> bytes:
    """Two tracks."""
    tracks = [track("t1", "Bass", devices=devices), track("t2", "Keys")]
    return written(tracks, [lanes("t1", clips, curves), lanes("t2", clips_2)], tempo, unit)


VERSE, END = clip(0, "verse", note(0, 36) + note(1, 38)), clip(16, "end", note(0, 40))


CASES = [
    case(
        "clip moved / notes",
        project(VERSE + END),
        project(END + clip(32, "verse", note(0, 36) + note(1, 38))),
        project(clip(0, "verse", note(0, 36) + note(2, 38)) + END),
        project(END + clip(32, "verse", note(0, 36) + note(2, 38))),
    ),
    case(
        "clip moved two ways",
        project(VERSE + END),
        project(clip(8, "verse", note(0, 36) + note(1, 38)) + END),
        project(END + clip(32, "verse", note(0, 36) + note(1, 38))),
    ),
    case(
        "clip moved / renamed",
        project(VERSE + END),
        project(END + clip(32, "verse", note(0, 36) + note(1, 38))),
        project(clip(0, "intro", note(0, 36) + note(1, 38)) + END),
        project(END + clip(32, "intro", note(0, 36) + note(1, 38))),
    ),
    case(
        "clip moved / made longer",
        project(VERSE + END),
        project(END + clip(32, "verse", note(0, 36) + note(1, 38))),
        project(clip(0, "verse", note(0, 36) + note(1, 38), duration=8) + END),
        project(END + clip(32, "verse", note(0, 36) + note(1, 38), duration=8)),
    ),
    case(
        "note moved two ways",
        project(VERSE),
        project(clip(0, "verse", note(0, 36) + note(2, 38))),
        project(clip(0, "verse", note(0, 36) + note(3, 38))),
    ),
    case(
        "note moved / other note velocity",
        project(VERSE),
        project(clip(0, "verse", note(0, 36) + note(2, 38))),
        project(clip(0, "verse", note(0, 36, 0.3) + note(1, 38))),
        project(clip(0, "verse", note(0, 36, 0.3) + note(2, 38))),
    ),
    case(
        "notes added by both",
        project(VERSE),
        project(clip(0, "verse", note(0, 36) + note(1, 38) + note(2, 40))),
        project(clip(0, "verse", note(0, 36) + note(1, 38) + note(3, 41))),
        project(clip(0, "verse", note(0, 36) + note(1, 38) + note(2, 40) + note(3, 41))),
        project(clip(0, "verse", note(0, 36) + note(1, 38) + note(3, 41) + note(2, 40))),
    ),
    case(
        "clips over each other",
        project(VERSE),
        project(VERSE + clip(8, "a")),
        project(VERSE + clip(9, "b")),
    ),
    case(
        "automation lane put first / other edited",
        project(VERSE, points("t1v", (0, 1))),
        project(VERSE, points("t1p", (0, 0.2)) + points("t1v", (0, 1))),
        project(VERSE, points("t1v", (0, 0.7))),
        project(VERSE, points("t1p", (0, 0.2)) + points("t1v", (0, 0.7))),
    ),
    case(
        "automations added by both",
        project(VERSE),
        project(VERSE, points("t1p", (0, 0.2))),
        project(VERSE, points("t1v", (0, 1))),
        project(VERSE, points("t1p", (0, 0.2)) + points("t1v", (0, 1))),
        project(VERSE, points("t1v", (0, 1)) + points("t1p", (0, 0.2))),
    ),
    case(
        "device put first, renumbered / other's switch",
        project(devices=device("d7", "Synth")),
        project(devices=device("d7", "Reverb") + device("d9", "Synth")),
        project(devices=device("d7", "Synth", "false")),
    ),
    case(
        "device order / switch",
        project(devices=device("d7", "Synth") + device("d8", "Eq")),
        project(devices=device("d8", "Eq") + device("d7", "Synth")),
        project(devices=device("d7", "Synth", "false") + device("d8", "Eq")),
        project(devices=device("d8", "Eq") + device("d7", "Synth", "false")),
    ),
    case(
        "devices put by both at one place",
        project(devices=device("d7", "Synth")),
        project(devices=device("d7", "Synth") + device("x1", "A")),
        project(devices=device("d7", "Synth") + device("x2", "B")),
    ),
    case(
        "tempo / clip in beats",
        project(VERSE),
        project(VERSE, tempo=90),
        project(VERSE + clip(8, "a")),
        project(VERSE + clip(8, "a"), tempo=90),
    ),
    case(
        "tempo / clip in seconds",
        project(VERSE, unit="seconds"),
        project(VERSE, tempo=90, unit="seconds"),
        project(VERSE + clip(8, "a"), unit="seconds"),
    ),
    case(
        "clip to two tracks",
        project(VERSE),
        project("", clips_2=VERSE),
        project("", clips_2=clip(8, "verse", note(0, 36) + note(1, 38))),
    ),
]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_edits(each: Case, swapped: bool) -> None:
    judged(each, swapped)


def test_a_moved_clip_is_told_as_moved_and_leaves_no_label() -> None:
    ours, theirs = (
        project(END + clip(32, "verse", note(0, 36) + note(1, 38))),
        project(VERSE + END + clip(48, "&lt;A &amp; B>")),
    )
    merged = merge(project(VERSE + END), ours, theirs)
    assert not merged.conflicts and b"muse" not in (merged.content or b"")
    found = DawPlugin().diff_file("song", project(VERSE + END), ours)
    assert found is not None and found[1] == "clip 'verse' moved to bar 9"


def test_a_project_with_our_labels_in_it_is_left_alone() -> None:
    marked = project(VERSE.replace("<Clip ", '<Clip muse-clip="x" '))
    ours = marked.replace(b'value="1"', b'value="2"', 1)
    merged = merge(marked, ours, marked.replace(b"Keys", b"Organ"))
    assert merged.content == ours and "labels" in merged.notes[0]
