"""What the three formats call their parts. A format is one row; nothing else in the room knows a program's name.

`entries` are what a person names: tracks, clips, devices. In `lists` both may add at one place, in `heaps` the order
says nothing at all. `wholes` are taken from one side or the other, never mixed. `view` is what programs save about
windows and who saved. `counters` only grow. Where a format is `numbered`, the members of a list have an `Id` of that
list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from muse.core import xml_tree
from muse.core.errors import FormatError
from muse.core.xml_tree import Node
from muse.plugins.daw import reaper

Key = tuple[str, ...]


class Space(NamedTuple):
    """Numbers that are unique in a document: where one stands, and where another place names it."""

    ids: re.Pattern[bytes]
    uses: re.Pattern[bytes]


class Format(NamedTuple):
    """One program's format."""

    name: str
    parse: Callable[[bytes], Node]
    keys: Mapping[str, Callable[[Node], str]]
    entries: Mapping[str, str]
    entries_in: Mapping[str, str]
    lists: frozenset[str]
    heaps: frozenset[str]
    wholes: re.Pattern[str]
    view: frozenset[str]
    noise: re.Pattern[bytes]
    version: re.Pattern[bytes]
    counters: frozenset[str]
    numbered: bool
    spaces: tuple[Space, ...]
    fields: re.Pattern[bytes]
    names: tuple[tuple[str, ...], ...]
    starts: tuple[tuple[str, ...], ...]


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _attribute(name: str) -> Callable[[Node], str]:
    return lambda node: node.get(name)


def _below(*tags: str) -> Callable[[Node], str]:
    return lambda node: next((found.get("Value") for found in [node.path(*tags)] if found is not None), "")


def _xml(*roots: str) -> Callable[[bytes], Node]:
    def parse(data: bytes) -> Node:
        root = xml_tree.parse(data)
        if root.tag not in roots:
            raise FormatError(f"a document of kind {root.tag!r:.40} is no project that is read")
        return root

    return parse


_XML_FIELDS = re.compile(rb"(?<=\s)([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_TRACKS = dict.fromkeys(("MidiTrack", "AudioTrack", "GroupTrack", "ReturnTrack"), "track")
_BRANCHES = ("InstrumentBranch", "DrumBranch", "MidiEffectBranch", "AudioEffectBranch", "ReturnBranch")
_LIVE_VIEW = (
    "OverwriteProtectionNumber ViewStates ViewState ViewData ScrollerPos ClientSize HighlightedTrackIndex "
    "CurrentTime IsContentSelectedInDocument IsContentSelected PreferredContentViewMode AutomationLanes "
    "ClipEnvelopeChooserViewState EnvelopeChooser ScrollerTimePreserver TimeSelection SequencerNavigator "
    "DetailClipKeyMidis ViewStateFxSlotCount SelectedDevice SelectedEnvelope LastSelectedTimeableIndex "
    "LastSelectedClipEnvelopeIndex ExpressionLanes ContentLanes ArrangementOverdub LomId LomIdView "
    "TracksListWrapper VisibleTracksListWrapper ReturnTracksListWrapper ScenesListWrapper CuePointsListWrapper "
    "ChooserBar SavedPlayingSlot SavedPlayingOffset NeedArrangerRefreeze IsExpanded "
    "SessionScrollerPos VideoWindowRect ShowVideoWindow"
)
_REAPER_VIEW = (
    "CURSOR ZOOM VZOOMEX MIXERUIFLAGS SELECTION SELECTION2 SEL SHOW LASTSEL DOCKED FLOATPOS FLOAT WNDRECT "
    "SCROLL TRACKHEIGHT LANEHEIGHT MASTERTRACKVIEW MASTERTRACKHEIGHT MASTER_SEL MASTERPEAKCOL VIS CFGEDITVIEW CFGEDIT "
    "TIMEMODE"
)


_MARKER = re.compile(rb"MARKER (\d+) \S+ (?:\"[^\"]*\"|'[^']*'|`[^`]*`|\S+) (\d+)")


def _guid(*lines: str) -> Callable[[Node], str]:
    """The id in a block's own line, or in one of these lines in it."""

    def key(node: Node) -> str:
        own = node.data[node.start : node.inner].partition(b"{")[2]
        for word in lines:
            found = node.child(word)
            own = own or (b"" if found is None else found.raw.partition(b"{")[2])
        return own.partition(b"}")[0].decode("utf-8", "replace")

    return key


def _words(count: int) -> Callable[[Node], str]:
    return lambda node: " ".join(
        node.data[node.start : node.inner].decode("utf-8", "replace").split(" ")[1 : count + 1]
    )


def _first(key: Callable[[Node], str]) -> Callable[[Node], str]:
    return lambda node: key(node.children[0])


def _marker(node: Node) -> str:
    """A marker's number; regions, which are counted by themselves, have an R before it."""
    words = _MARKER.match(node.raw)
    return "" if words is None else ("R" if int(words[2]) & 1 else "") + words[1].decode()


LIVE = Format(
    name="Ableton Live",
    parse=_xml("Ableton"),
    keys={
        **dict.fromkeys((*_TRACKS, "MidiClip", "AudioClip", "Scene", "ClipSlot"), _attribute("Id")),
        **dict.fromkeys(("Locator", "Groove"), _attribute("Id")),
        **dict.fromkeys(("AutomationEnvelope", "ClipEnvelope"),
                        lambda node: _below("EnvelopeTarget", "PointeeId")(node) or node.get("Id")),
        **dict.fromkeys(_BRANCHES, _attribute("Id")),
        "KeyTrack": _below("MidiKey"),
        "PluginFloatParameter": _attribute("Id"),
        "TrackSendHolder": _attribute("Id"),
        "SendPreBool": _attribute("Id"),
        "TakeLane": _attribute("Id"),
    },
    entries={**_TRACKS, "MidiClip": "clip", "AudioClip": "clip", "Scene": "scene", "Locator": "marker",
             "Groove": "groove", "AutomationEnvelope": "automation", "ClipEnvelope": "automation", "KeyTrack": "notes",
             **dict.fromkeys(_BRANCHES, "chain")},
    entries_in={"Devices": "device"},
    lists=_split("Tracks Locators Branches Sends SendsPre Grooves"),
    heaps=_split("Events KeyTracks Envelopes"),
    wholes=re.compile(r"(?:AutomationEnvelope|ClipEnvelope|KeyTrack|WarpMarkers|Buffer|ProcessorState|ControllerState|Blob|\w*Ref)\Z"),
    view=_split(_LIVE_VIEW),
    noise=re.compile(rb"(?<=<Ableton )[^>]*"),
    version=re.compile(rb"<Ableton [^>]*?MinorVersion=\"([^\"]*)\""),
    counters=_split("NextPointeeId NextId"),
    numbered=True,
    spaces=(
        Space(
            re.compile(rb"<(?:Pointee|\w*Target|ControllerTargets\.\d+) Id=\"(\d+)\""),
            re.compile(rb"<PointeeId Value=\"(\d+)\""),
        ),
        Space(
            re.compile(rb"<(?:Midi|Audio|Group|Return)Track Id=\"(\d+)\""),
            re.compile(rb"<(?:Linked)?TrackGroupId Value=\"(\d+)\"|(?<=/Track\.)(\d+)(?=/)"),
        ),
        Space(re.compile(rb"<Groove Id=\"(\d+)\""), re.compile(rb"<GrooveId Value=\"(\d+)\"")),
    ),
    fields=_XML_FIELDS,
    names=(("Name", "UserName", "@Value"), ("Name", "EffectiveName", "@Value"), ("Name", "@Value"),
           ("UserName", "@Value"), ("PluginDesc", "*", "PlugName", "@Value"), ("PluginDesc", "*", "Name", "@Value")),
    starts=(("CurrentStart", "@Value"), ("Time", "@Value"), ("@Time",)),
)  # fmt: skip

REAPER = Format(
    name="Reaper",
    parse=reaper.parse,
    keys={
        "TRACK": _guid("TRACKID"), "ITEM": _guid("IGUID", "GUID"), "EFFECT": _guid("FXID"), "MARKER": _marker,
        "RECEIVE": _first(_words(1)), "OUTPUT": _first(_words(1)), "TAKE_PARTS": _guid("GUID"), "PARMENV": _words(1),
        "SOURCE": _words(0), "POOLEDENV": lambda node: " ".join(_words(1)(found) for found in node.all("ID")),
    },
    entries={"TRACK": "track", "ITEM": "clip", "TAKE_PARTS": "take", "EFFECT": "device", "MARKER": "marker",
             "PARMENV": "automation"},
    entries_in={},
    lists=_split("REAPER_PROJECT TRACK"),
    heaps=frozenset(),
    wholes=re.compile(r"(?:SOURCE|NOTES|TAKE|PARMENV|TEMPOENVEX|[A-Z]+ENV2?|VST|AU|DX|JS|CLAP|LV2|MARKER)\Z"),
    view=_split(_REAPER_VIEW),
    noise=re.compile(rb"(?<=<REAPER_PROJECT )[^\r\n]*"),
    version=re.compile(rb"<REAPER_PROJECT (\S+)"),
    counters=frozenset(),
    numbered=False,
    spaces=(
        Space(re.compile(rb"^[ \t]*(?:<TRACK|IGUID|FXID) (\{[^}\r\n]*\})", re.MULTILINE), re.compile(rb"(?!x)x")),
        Space(re.compile(rb"^[ \t]*MARKER (\d+) ", re.MULTILINE), re.compile(rb"(?!x)x")),
        Space(re.compile(rb"^[ \t]*GROUP (\d+)", re.MULTILINE), re.compile(rb"(?!x)x")),
        Space(
            re.compile(rb"^[ \t]*<POOLEDENV\b[^>]*?^[ \t]*ID (\d+)", re.MULTILINE),
            re.compile(rb"^[ \t]*POOLEDENVINST (\d+)", re.MULTILINE),
        ),
    ),
    fields=re.compile(rb"(?<= )(\"[^\"\r\n]*\"|'[^'\r\n]*'|`[^`\r\n]*`|[^\s\"'`]\S*)"),
    names=(("NAME", "1"),),
    starts=(("POSITION", "1"),),
)  # fmt: skip

_DEVICES = dict.fromkeys(
    ("Device", "Vst2Plugin", "Vst3Plugin", "ClapPlugin", "AuPlugin", "BuiltinDevice", "Equalizer", "Compressor",
     "NoiseGate", "Limiter"), "device",
)  # fmt: skip

DAWPROJECT = Format(
    name="DAWproject",
    parse=_xml("Project"),
    keys={
        **dict.fromkeys(("Track", "Channel", "Scene", *_DEVICES), _attribute("id")),
        **dict.fromkeys(("Lanes", "ClipSlot", "Send"), lambda node: node.get("track") or node.get("id")),
        "Clip": lambda node: node.get("id") or node.get("muse-clip") or f"{node.get('name')} {node.get('time')}",
        "Note": lambda node: " ".join(node.get(name) for name in ("time", "channel", "key")),
        "Marker": lambda node: node.get("time"),
        "Points": lambda node: " ".join(word for target in node.all("Target") for word in target.attributes().values()),
        **dict.fromkeys(("RealParameter", "BoolParameter", "EnumParameter", "IntegerParameter"), _attribute("id")),
    },
    entries={"Track": "track", **_DEVICES, "Clip": "clip", "Scene": "scene", "Marker": "marker",
             "Points": "automation"},
    entries_in={},
    lists=_split("Structure Track Lanes Markers Arrangement"),
    heaps=_split("Clips Notes Parameters"),
    wholes=re.compile(r"(?:Points|Warps|Note|TempoAutomation|TimeSignatureAutomation)\Z"),
    view=_split("Application"),
    noise=re.compile(rb"(?!x)x"),
    version=re.compile(rb"<Project [^>]*?version=\"([^\"]*)\""),
    counters=frozenset(),
    numbered=False,
    spaces=(
        Space(
            re.compile(rb"(?<=\s)id=\"([^\"]*)\""),
            re.compile(rb"(?<=\s)(?:track|destination|parameter|reference)=\"([^\"]*)\""),
        ),
    ),
    fields=_XML_FIELDS,
    names=(("@name",), ("@deviceName",)),
    starts=(("@time",),),
)  # fmt: skip


def format_of(document: bytes) -> Format:
    """Which format a document is in; FormatError for none of them."""
    head = document[:4_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<REAPER_PROJECT"):
        return REAPER
    root = re.search(rb"<(?![?!])([^\s/>]+)", head)
    found = {b"Ableton": LIVE, b"Project": DAWPROJECT}.get(root[1]) if root else None
    if found is None:
        raise FormatError("not a project of Ableton Live, Reaper or DAWproject")
    return found
