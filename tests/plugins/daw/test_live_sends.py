"""Live: return tracks that one or both add, while the other one adds tracks or return tracks. Read with ElementTree."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from .live_kit import live, return_track, track
from .place_kit import merge

PAIR = {21: "Reverb", 22: "Delay"}


def song(
    sends: dict[str, tuple[float, ...]], more: dict[int, str] | None = None, ids: dict[str, int] | None = None,
    pre: tuple[str, ...] = (), volume: float = 1,
) -> bytes:  # fmt: skip
    """Tracks by name with what each sends to Reverb, Delay and the return tracks in `more`, which are Reverb's kind."""
    returns = {**PAIR, **(more or {})}
    numbers = {"Bass": 11, "Keys": 12, **(ids or {})}
    rows = [track(numbers[name], name, sends=levels, volume=volume if name == "Bass" else 1)
            for name, levels in sends.items()]  # fmt: skip
    rows += [return_track(number, name, sends=(0,) * len(returns)) for number, name in returns.items()]
    return live(*rows, pre=pre)


def wired(document: bytes) -> dict[str, dict[str, str]]:
    """What each track sends to which return track, and which sends are before the fader."""
    top = ET.fromstring(document).find("LiveSet")
    assert top is not None
    tracks = top.find("Tracks")
    assert tracks is not None
    names = {each: each.find("Name/EffectiveName").get("Value") for each in tracks}  # type: ignore[union-attr]
    returns = [names[each] for each in tracks if each.tag == "ReturnTrack"]
    found = {}
    for each in tracks:
        sends = each.findall("DeviceChain/Mixer/Sends/TrackSendHolder")
        levels = [send.find("Send/Manual").get("Value") for send in sends]  # type: ignore[union-attr]
        assert len(levels) == len(returns) and len({send.get("Id") for send in sends}) == len(sends)
        found[str(names[each])] = dict(zip(returns, levels))
    before = [each.get("Value") for each in top.findall("SendsPre/SendPreBool")]
    assert len(before) == len(returns)
    targets = re.findall(rb'Target Id="(\d+)"', document)
    assert len(set(targets)) == len(targets)
    counter = re.search(rb'NextPointeeId Value="(\d+)"', document)
    assert counter is not None and int(counter[1]) > max(map(int, targets))
    return found | {"pre": dict(zip(returns, before))}  # type: ignore[arg-type,return-value]


BASE = song({"Bass": (0.1, 0.2), "Keys": (0.3, 0.4)})
HALL = song({"Bass": (0.1, 0.2, 0.7), "Keys": (0.3, 0.4, 0)}, {23: "Hall"}, pre=("false", "false", "true"))
ECHO = song({"Bass": (0.1, 0.2, 0), "Keys": (0.3, 0.4, 0.8)}, {23: "Echo"})
PAD = song({"Bass": (0.1, 0.2), "Keys": (0.3, 0.4), "Pad": (0.5, 0.6)}, ids={"Pad": 13})


@pytest.mark.parametrize("swapped", [False, True])
def test_a_new_track_sends_nothing_to_the_other_sides_new_return_track(swapped: bool) -> None:
    merged = merge(BASE, *((PAD, HALL) if swapped else (HALL, PAD)))
    assert not merged.conflicts, merged.notes
    found = wired(merged.content or b"")
    assert found["Pad"] == {"Reverb": "0.5", "Delay": "0.6", "Hall": "0"}
    assert found["Bass"] == {"Reverb": "0.1", "Delay": "0.2", "Hall": "0.7"}
    assert found["pre"] == {"Reverb": "false", "Delay": "false", "Hall": "true"}
    assert merged.notes == ["song: what one side added sends nothing to the other side's return tracks"]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("pre", [("false", "false", "false"), ("false", "false", "true")])
def test_return_tracks_of_both_are_both_there(swapped: bool, pre: tuple[str, ...]) -> None:
    hall = song({"Bass": (0.1, 0.2, 0.7), "Keys": (0.3, 0.4, 0)}, {23: "Hall"}, pre=pre)
    merged = merge(BASE, *((ECHO, hall) if swapped else (hall, ECHO)))
    assert not merged.conflicts, merged.notes
    found = wired(merged.content or b"")
    assert found["Bass"] == {"Reverb": "0.1", "Delay": "0.2", "Hall": "0.7", "Echo": "0"}
    assert found["Keys"] == {"Reverb": "0.3", "Delay": "0.4", "Hall": "0", "Echo": "0.8"}
    assert found["Hall"]["Echo"] == found["Echo"]["Hall"] == "0"
    assert found["pre"] == {"Reverb": "false", "Delay": "false", "Hall": pre[2], "Echo": "false"}


@pytest.mark.parametrize("swapped", [False, True])
def test_both_add_a_track_and_a_return_track(swapped: bool) -> None:
    one = song({"Bass": (0.1, 0.2, 0), "Keys": (0.3, 0.4, 0), "Pad": (0.5, 0.6, 0.9)}, {23: "Hall"}, {"Pad": 13})
    two = song({"Bass": (0.1, 0.2, 0), "Keys": (0.3, 0.4, 0), "Lead": (0, 1, 0.3)}, {23: "Echo"}, {"Lead": 13})
    merged = merge(BASE, *((two, one) if swapped else (one, two)))
    assert not merged.conflicts, merged.notes
    found = wired(merged.content or b"")
    assert found["Pad"] == {"Reverb": "0.5", "Delay": "0.6", "Hall": "0.9", "Echo": "0"}
    assert found["Lead"] == {"Reverb": "0", "Delay": "1", "Hall": "0", "Echo": "0.3"}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_send_that_is_up_everywhere_is_not_known_turned_down(swapped: bool) -> None:
    """Nothing says how this program writes a send that is turned down."""
    up = re.sub(rb'(<Send><Manual Value=")0(?=")', rb"\g<1>0.5", HALL)
    merged = merge(BASE, *((PAD, up) if swapped else (up, PAD)))
    assert [record.address for record in merged.conflicts] == [""]


def test_one_automation_of_a_send_is_not_two() -> None:
    """Both sides number a send to a return track of their own alike, and let it move: which is meant cannot be told."""
    curve = (
        b'<AutomationEnvelope Id="0"><EnvelopeTarget><PointeeId Value="1112" /></EnvelopeTarget></AutomationEnvelope>'
    )
    empty = b"<AutomationEnvelopes><Envelopes></Envelopes>"
    sides = [song({"Bass": (0.1, 0.2, 0), "Keys": (0.3, 0.4, 0)}, {23: name}).replace(
        empty, empty[:-12] + curve + empty[-12:], 1) for name in ("Hall", "Echo")]  # fmt: skip
    assert sides[0].count(b"<PointeeId Value") == 1
    assert [record.address for record in merge(BASE, *sides).conflicts] == [""]


def test_what_both_edited_stays_a_question_with_all_sends_there() -> None:
    hall = song({"Bass": (0.1, 0.2, 0), "Keys": (0.3, 0.4, 0)}, {23: "Hall"}, volume=0.5)
    louder = hall, song({"Bass": (0.1, 0.2), "Keys": (0.3, 0.4), "Pad": (0.5, 0.6)}, ids={"Pad": 13}, volume=0.7)
    merged = merge(BASE, *louder)
    assert [record.address for record in merged.conflicts] == ["MidiTrack:11/Volume@Value"]
    assert wired(merged.content or b"")["Pad"]["Hall"] == "0"
    settled = merge(BASE, *louder, {"MidiTrack:11/Volume@Value": "theirs"})
    assert not settled.conflicts and wired(settled.content or b"")["Pad"]["Hall"] == "0"


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("flags", "left"), [(r'<SendPreBool Id="2"[^>]*>', 2), (r"<SendPreBool[^>]*>", 0)])
def test_where_flags_are_left_out_stands_nothing_else(swapped: bool, flags: str, left: int) -> None:
    """What is said of sends before the fader is short in what one side saved, or empty in all versions."""
    base, hall, pad = (
        re.sub(flags.encode(), b"", each) if left == 0 or each is HALL else each for each in (BASE, HALL, PAD)
    )
    merged = merge(base, *((pad, hall) if swapped else (hall, pad)))
    assert not merged.conflicts, merged.notes
    root = ET.fromstring(merged.content or b"")
    before = root.find("LiveSet/SendsPre")
    assert before is not None and [each.tag for each in before] == ["SendPreBool"] * left
    (sends,) = (each for each in root.iter("MidiTrack") if each.get("Id") == "13")
    levels = [each.get("Value") for each in sends.findall("DeviceChain/Mixer/Sends/TrackSendHolder/Send/Manual")]
    assert levels == ["0.5", "0.6", "0"]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_flag_behind_one_that_is_left_out_stays_with_its_return_track(swapped: bool) -> None:
    hall = re.sub(rb'<SendPreBool Id="2"[^>]*>', b"", HALL)
    echo = song({"Bass": (0.1, 0.2, 0), "Keys": (0.3, 0.4, 0.8)}, {24: "Echo"}, pre=("false", "false", "true"))
    merged = merge(BASE, *((echo, hall) if swapped else (hall, echo)))
    if not merged.conflicts:  # it is still the third, as Echo is
        names = re.findall(rb'<ReturnTrack.*?EffectiveName Value="(\w+)"', merged.content or b"", re.DOTALL)
        assert swapped and names == [b"Reverb", b"Delay", b"Echo", b"Hall"]
        flags = re.findall(rb'<SendPreBool Id="\d+" Value="(\w+)"', merged.content or b"")
        assert flags == [b"false", b"false", b"true"]
    else:
        assert [record.detail["reason"] for record in merged.conflicts] == ["a send would go to another return track"]
