"""Small projects of the three programs, made from plain data, and an independent reader for what comes out."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections import Counter
from xml.etree import ElementTree

GUID = "{{00000000-0000-0000-0000-{:012d}}}"


def live(tracks: list[dict[str, object]], tempo: float = 120, next_id: int = 900, packed: bool = True) -> bytes:
    """A Live set; a track has `id`, `name`, `volume`, `target` (its automation id), `clips` and `devices`."""
    bodies = "".join(_live_track(track) for track in tracks)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Ableton MajorVersion="5" MinorVersion="11.0_11300" SchemaChangeCount="3" Creator="Ableton Live 11.3.13" '
        'Revision="b376">\n\t<LiveSet>\n'
        f'\t\t<NextPointeeId Value="{next_id}" />\n\t\t<OverwriteProtectionNumber Value="2819" />\n'
        f"\t\t<Tracks>{bodies}\n\t\t</Tracks>\n\t\t<MasterTrack>\n\t\t\t<DeviceChain>\n\t\t\t\t<Mixer>\n"
        f'\t\t\t\t\t<Tempo>\n\t\t\t\t\t\t<Manual Value="{tempo}" />\n'
        '\t\t\t\t\t\t<AutomationTarget Id="8" />\n\t\t\t\t\t</Tempo>\n'
        "\t\t\t\t</Mixer>\n\t\t\t</DeviceChain>\n\t\t</MasterTrack>\n\t\t"
        '<Scenes>\n\t\t\t<Scene Id="0">\n\t\t\t\t<Name Value="" />\n\t\t\t</Scene>\n\t\t</Scenes>\n'
        '\t\t<CurrentTime Value="0" />\n\t</LiveSet>\n</Ableton>\n'
    )
    return gzip.compress(text.encode(), mtime=0) if packed else text.encode()


def _live_track(track: dict[str, object]) -> str:
    clips = "".join(
        f'\n\t\t\t\t\t\t<MidiClip Id="{clip["id"]}" Time="{clip["time"]}">\n\t\t\t\t\t\t\t'
        f'<CurrentStart Value="{clip["time"]}" />\n\t\t\t\t\t\t\t<Name Value="{clip["name"]}" />\n'
        "\t\t\t\t\t\t\t<Notes>\n\t\t\t\t\t\t\t\t<KeyTracks>"
        + "".join(
            f'\n\t\t\t\t\t\t\t\t\t<KeyTrack Id="{n}"><Notes>'
            + "".join(f'<MidiNoteEvent Time="{time}" Duration="0.5" Velocity="100" />' for time in times)
            + f'</Notes><MidiKey Value="{pitch}" /></KeyTrack>'
            for n, (pitch, times) in enumerate(clip.get("notes", {}).items())
        )
        + "\n\t\t\t\t\t\t\t\t</KeyTracks>\n\t\t\t\t\t\t\t</Notes>\n\t\t\t\t\t\t</MidiClip>"
        for clip in track.get("clips", [])
    )
    devices = "".join(
        f'\n\t\t\t\t\t\t<{kind} Id="{n}">\n\t\t\t\t\t\t\t<Gain>\n\t\t\t\t\t\t\t\t<Manual Value="{gain}" />'
        f"\n\t\t\t\t\t\t\t</Gain>\n\t\t\t\t\t\t</{kind}>"
        for n, (kind, gain) in enumerate(track.get("devices", {}).items())
    )
    envelopes = "".join(
        f'\n\t\t\t\t<AutomationEnvelope Id="0"><EnvelopeTarget><PointeeId Value="{track["target"]}" />'
        f"</EnvelopeTarget><Events>{text}</Events></AutomationEnvelope>"
        for text in [track.get("automation")]
        if text
    )
    return (
        f'\n\t\t\t<MidiTrack Id="{track["id"]}">\n\t\t\t\t<Name>\n\t\t\t\t\t<EffectiveName Value="{track["name"]}" />\n'
        '\t\t\t\t\t<UserName Value="" />\n\t\t\t\t</Name>\n'
        f"\t\t\t\t<AutomationEnvelopes><Envelopes>{envelopes}</Envelopes></AutomationEnvelopes>\n"
        "\t\t\t\t<DeviceChain>\n\t\t\t\t\t<Mixer>\n\t\t\t\t\t\t<Volume>\n"
        f'\t\t\t\t\t\t\t<Manual Value="{track["volume"]}" />\n'
        f'\t\t\t\t\t\t\t<AutomationTarget Id="{track["target"]}" />\n\t\t\t\t\t\t</Volume>\n\t\t\t\t\t</Mixer>\n'
        '\t\t\t\t\t<MainSequencer>\n\t\t\t\t\t<ClipSlotList><ClipSlot Id="0" /></ClipSlotList>\n'
        f"\t\t\t\t\t<ClipTimeable><ArrangerAutomation><Events>{clips}\n\t\t\t\t\t</Events></ArrangerAutomation>"
        "</ClipTimeable>\n\t\t\t\t\t</MainSequencer>\n"
        f"\t\t\t\t\t<Devices>{devices}\n\t\t\t\t\t</Devices>\n\t\t\t\t</DeviceChain>\n\t\t\t</MidiTrack>"
    )


def reaper(tracks: list[dict[str, object]], stamp: int = 1, tempo: str = "120 4 4") -> bytes:
    """A Reaper project; a track has `id`, `name`, `volpan`, `items`, `effects`, `from` (tracks it receives), `bus`."""
    lines = [f'<REAPER_PROJECT 0.1 "6.80/linux-x86_64" {stamp}', "  RIPPLE 0", "  CURSOR 0", f"  TEMPO {tempo}"]
    for track in tracks:
        guid = GUID.format(track["id"])
        lines += [f"  <TRACK {guid}", f"    NAME {track['name']}", f"    VOLPAN {track.get('volpan', '1 0 -1 -1 1')}"]
        lines += [f"    ISBUS {track.get('bus', '0 0')}"]
        lines += [f"    AUXRECV {at} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''" for at in track.get("from", [])]
        if track.get("effects"):
            lines += ["    <FXCHAIN", "      SHOW 0"]
            for number, (name, state) in enumerate(track["effects"].items()):
                lines += [
                    "      BYPASS 0 0 0",
                    f'      <VST "VST: {name}" {name}.dll 0 "" 1',
                    f"        {state}",
                    "      >",
                ]
                lines += [f"      FXID {GUID.format(5000 + number + 10 * track['id'])}", "      WAK 0 0"]
            lines.append("    >")
        for item in track.get("items", []):
            lines += [
                "    <ITEM",
                f"      POSITION {item['at']}",
                "      LENGTH 2",
                f"      IGUID {GUID.format(item['id'])}",
            ]
            lines += [f'      NAME "{item["name"]}"', "      <SOURCE MIDI", "        HASDATA 1 960 QN"]
            lines += [f"        E {event}" for event in item.get("events", ["0 90 3c 60", "960 80 3c 00"])]
            lines += ["      >", "    >"]
        lines.append("  >")
    return ("\r\n".join([*lines, ">"]) + "\r\n").encode()


def dawproject(tracks: list[dict[str, object]], others: dict[str, bytes] | None = None) -> bytes:
    """A DAWproject; a track has `id`, `name`, `volume`, `clips` of (time, name, notes of (time, key))."""
    structure = "".join(
        f'\n    <Track contentType="notes" id="{track["id"]}" name="{track["name"]}">\n'
        f'      <Channel id="{track["id"]}c" role="regular">\n'
        f'        <Volume id="{track["id"]}v" unit="linear" value="{track["volume"]}"/>\n      </Channel>\n    </Track>'
        for track in tracks
    )
    lanes = "".join(
        f'\n      <Lanes id="{track["id"]}l" track="{track["id"]}">\n        <Clips>'
        + "".join(
            f'\n          <Clip time="{time}" duration="4" name="{name}"><Notes>'
            + "".join(f'<Note time="{at}" duration="0.5" channel="0" key="{key}" vel="0.8"/>' for at, key in notes)
            + "</Notes></Clip>"
            for time, name, notes in track.get("clips", [])
        )
        + "\n        </Clips>\n      </Lanes>"
        for track in tracks
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Project version="1.0">\n'
        '  <Application name="Bitwig Studio" version="5.0"/>\n'
        f'  <Structure>{structure}\n  </Structure>\n  <Arrangement id="arr">\n'
        f'    <Lanes id="all" timeUnit="beats">{lanes}'
        "\n    </Lanes>\n  </Arrangement>\n</Project>\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {"project.xml": text.encode(), "metadata.xml": b"<MetaData/>", **(others or {})}.items():
            file.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), data)
    return out.getvalue()


# Read by others ------------------------------------------------------------------------------------------------------


def document(data: bytes) -> bytes:
    """What lies in a file, unpacked by the standard library."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return file.read("project.xml")
    return data


def seen(data: bytes) -> object:
    """A project as plain data: of XML its tree without blanks, of Reaper its lines without indentation and stamp."""
    text = document(data)
    if text.startswith(b"<REAPER"):
        return [line.strip() for line in re.sub(rb"(?<=<REAPER_PROJECT )[^\r]*", b"", text).splitlines()]
    return _tree(ElementTree.fromstring(text))


def _tree(element: ElementTree.Element) -> tuple[object, ...]:
    text = (element.text or "").strip()
    return (element.tag, tuple(sorted(element.attrib.items())), text, tuple(_tree(child) for child in element))


def ids(data: bytes) -> Counter[str]:
    """How often each number that has to be unique stands in a Live set."""
    root = ElementTree.fromstring(document(data))
    named = [e.get("Id", "") for e in root.iter() if e.tag.endswith(("Target", "Pointee")) and e.get("Id")]
    return Counter(named)
