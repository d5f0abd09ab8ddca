"""Live sets with what stands in them by number: sends, scenes, slots, groups, racks, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SCENES = ((0, "a"), (1, "b"), (2, "c"))


def device(kind: str, number: int, gain: float = 1, target: int = 0, inner: str = "") -> str:
    """A device with one parameter."""
    moved = f'<AutomationTarget Id="{target}" />' if target else ""
    return f'<{kind} Id="{number}"><Gain><Manual Value="{gain}" />{moved}</Gain>{inner}</{kind}>\n'


def rack(*pads: str) -> str:
    """A drum rack."""
    return f'<DrumGroupDevice Id="0"><Branches>{"".join(pads)}</Branches></DrumGroupDevice>\n'


def pad(number: int, name: str, volume: float = 1) -> str:
    """A chain of a rack."""
    return f'<DrumBranch Id="{number}"><Name Value="{name}" /><Vol Value="{volume}" /></DrumBranch>\n'


def clip(number: int, time: float, name: str, end: float | None = None, notes: str = "", curves: str = "") -> str:
    """A clip of four beats, or up to `end`."""
    return (
        f'<MidiClip Id="{number}" Time="{time}"><CurrentStart Value="{time}" />'
        f'<CurrentEnd Value="{time + 4 if end is None else end}" /><Name Value="{name}" />'
        f"<Notes><KeyTracks>{notes}</KeyTracks></Notes><Envelopes><Envelopes>{curves}</Envelopes></Envelopes></MidiClip>\n"
    )


def pitch(number: int, key: int, *notes: tuple[float, int]) -> str:
    """The notes of one pitch, each with its time and its number in the clip."""
    events = "".join(
        f'<MidiNoteEvent Time="{time}" Duration="0.5" Velocity="100" NoteId="{each}" />' for time, each in notes
    )
    return f'<KeyTrack Id="{number}"><Notes>{events}</Notes><MidiKey Value="{key}" /></KeyTrack>'


def curve(number: int, target: int, *points: tuple[float, float], kind: str = "Automation") -> str:
    """What moves a parameter."""
    events = "".join(f'<FloatEvent Id="{at}" Time="{x}" Value="{y}" />' for at, (x, y) in enumerate(points))
    return (
        f'<{kind}Envelope Id="{number}"><EnvelopeTarget><PointeeId Value="{target}" /></EnvelopeTarget>'
        f"<Automation><Events>{events}</Events></Automation></{kind}Envelope>"
    )


def clip_curve(number: int, target: int, *points: tuple[float, float]) -> str:
    """The same inside of a clip."""
    return curve(number, target, *points, kind="Clip")


def track(
    n: int,
    name: str,
    *,
    sends: Sequence[float] = (),
    send_ids: Sequence[int] = range(9),
    slots: Sequence[str] = ("", "", ""),
    slot_ids: Sequence[int] = range(9),
    kind: str = "MidiTrack",
    **more: Any,
) -> str:
    """A track; more are volume, devices, clips, curves, group, route, and `first`: its parameters' first number."""
    first = more.get("first", n * 100)
    sent = "".join(
        f'<TrackSendHolder Id="{send_ids[at]}"><Send><Manual Value="{value}" />'
        f'<AutomationTarget Id="{first + 10 + at}" /></Send><Active Value="true" /></TrackSendHolder>\n'
        for at, value in enumerate(sends)
    )
    held = "".join(
        f'<ClipSlot Id="{slot_ids[at]}"><ClipSlot><Value>{each}</Value></ClipSlot></ClipSlot>\n'
        for at, each in enumerate(slots)
    )
    clips = f"<ArrangerAutomation><Events>{more.get('clips', '')}</Events></ArrangerAutomation>"
    holder = "Sample" if kind == "AudioTrack" else "ClipTimeable"
    sequencer = f"<MainSequencer><ClipSlotList>{held}</ClipSlotList><{holder}>{clips}</{holder}></MainSequencer>\n"
    return (
        f'<{kind} Id="{n}"><TrackGroupId Value="{more.get("group", -1)}" />\n'
        f'<Name><EffectiveName Value="{name}" /></Name>\n'
        f"<AutomationEnvelopes><Envelopes>{more.get('curves', '')}</Envelopes></AutomationEnvelopes>\n<DeviceChain>"
        f'<AudioOutputRouting><Target Value="{more.get("route", "AudioOut/Main")}" /></AudioOutputRouting>\n'
        f'<Mixer><Sends>\n{sent}</Sends><Volume><Manual Value="{more.get("volume", 1)}" />'
        f'<AutomationTarget Id="{first + 1}" /></Volume><Pan><AutomationTarget Id="{first + 2}" /></Pan></Mixer>\n'
        f"{'' if kind == 'ReturnTrack' else sequencer}"
        f"<DeviceChain><Devices>{more.get('devices', '')}</Devices></DeviceChain></DeviceChain></{kind}>\n"
    )


def return_track(n: int, name: str, **more: Any) -> str:
    """What tracks send to."""
    return track(n, name, kind="ReturnTrack", **more)


def live(
    *tracks: str,
    scenes: Sequence[tuple[int, str]] = SCENES,
    pre: Sequence[str] = (),
    tempo: int = 120,
    markers: str = "",
) -> bytes:
    """A set."""
    before = pre or ["false" for each in tracks if "<ReturnTrack" in each]
    sent_before = "".join(f'<SendPreBool Id="{at}" Value="{each}" />' for at, each in enumerate(before))
    rows = "".join(f'<Scene Id="{each}"><Name Value="{name}" /></Scene>' for each, name in scenes)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Ableton MajorVersion="5" MinorVersion="11.0_11300" Revision="b">\n'
        f'<LiveSet>\n<NextPointeeId Value="5000" />\n<Tracks>\n{"".join(tracks)}</Tracks>\n<MasterTrack><DeviceChain>'
        f'<Mixer><Tempo><Manual Value="{tempo}" /><AutomationTarget Id="8" /></Tempo></Mixer>'
        "</DeviceChain></MasterTrack>\n"
        f"<SendsPre>{sent_before}</SendsPre>\n<Scenes>\n{rows}</Scenes>\n"
        f"<Locators><Locators>{markers}</Locators></Locators>\n</LiveSet>\n</Ableton>\n"
    ).encode()


def marker(number: int, time: int, name: str) -> str:
    """A marker."""
    return f'<Locator Id="{number}"><Time Value="{time}" /><Name Value="{name}" /></Locator>\n'
