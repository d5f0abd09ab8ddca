"""Reaper projects with what stands in them by place: receives and their envelopes, takes, chains, links, seconds."""

from __future__ import annotations


def guid(number: int) -> str:
    """An id."""
    return f"{{00000000-0000-0000-0000-{number:012d}}}"


def points(name: str, *found: tuple[float, float]) -> str:
    """An envelope, or the curve of a parameter."""
    return f"      <{name}\n        ACT 1 -1\n" + "".join(f"        PT {x} {y} 0\n" for x, y in found) + "      >\n"


def volumes(*found: tuple[float, float]) -> str:
    """The envelope of a receive."""
    return points("AUXVOLENV", *found)


def receive(track: int, *envelopes: str, volume: float = 1) -> str:
    """What a track receives from another one, by its number."""
    return f"    AUXRECV {track} 0 {volume} 0 0 0 0 0 0 -1:U 0 -1 ''\n" + "".join(envelopes)


def effect(name: str, number: int, state: str = "AAAA", more: str = "", bypass: int = 0) -> str:
    """A plug-in of a chain."""
    return (
        f'      BYPASS {bypass} 0 0\n      <VST "VST: {name}" {name}.dll 0 "" 1\n        {state}\n      >\n'
        f"      FLOATPOS 0 0 0 0\n      FXID {guid(number)}\n{more}      WAK 0 0\n"
    )


def container(number: int, inner: str) -> str:
    """Plug-ins in one."""
    return (
        '      BYPASS 0 0 0\n      <CONTAINER Container "" ""\n        CONTAINER_CFG 2 2 2 0\n        SHOW 0\n'
        f"{inner}      >\n      FXID {guid(number)}\n      WAK 0 0\n"
    )


def parameter(number: int, *found: tuple[float, float]) -> str:
    """The curve of a parameter."""
    return points(f"PARMENV {number} 0 1 0.5", *found)


def linked(other: int) -> str:
    """A parameter that follows one of another plug-in, by its number in the chain."""
    return f"      <PROGRAMENV 0 0\n        PARAMBASE 0\n        PLINK 1 {other}:0 0 0\n      >\n"


def item(number: int, at: float, name: str, takes: str = "", notes: str = "E 0 90 3c 60", **more: int) -> str:
    """A clip; more are `take`, the id of its first take, and `pool`, with which it shares its notes."""
    pool = f"        POOLEDEVTS {guid(more['pool'])}\n" if "pool" in more else ""
    return (
        f"    <ITEM\n      POSITION {at}\n      LENGTH 2\n      IGUID {guid(number)}\n      NAME {name}\n"
        f"      VOLPAN 1 0 1 -1\n      SOFFS 0\n      GUID {guid(more.get('take', number + 5000))}\n"
        f"      <SOURCE MIDI\n        HASDATA 1 960 QN\n{pool}        {notes}\n      >\n{takes}    >\n"
    )


def take(number: int, name: str, volume: float = 1, notes: str = "E 0 90 40 60") -> str:
    """A take behind the first one."""
    return (
        f"      TAKE\n      NAME {name}\n      TAKEVOLPAN {volume} 0 1 -1\n      SOFFS 0\n      GUID {guid(number)}\n"
        f"      <SOURCE MIDI\n        {notes}\n      >\n"
    )


def track(number: int, name: str, volume: float = 1, receives: str = "", effects: str = "", items: str = "") -> str:
    """A track; number 0 is one without an id."""
    chain = f"    <FXCHAIN\n      SHOW 0\n{effects}    >\n" if effects else ""
    start = f"  <TRACK {guid(number)}" if number else "  <TRACK"
    return f"{start}\n    NAME {name}\n    VOLPAN {volume} 0 -1 -1 1\n    ISBUS 0 0\n{receives}{chain}{items}  >\n"


def marker(number: int, at: float, name: str, region: int = 0) -> str:
    """A marker, or one end of a region."""
    return f'  MARKER {number} {at} "{name}" {region}\n'


def tempos(*found: tuple[float, float]) -> str:
    """The curve of the tempo."""
    return points("TEMPOENVEX", *found)


def rpp(*tracks: str, tempo: str = "120 4 4", before: str = "") -> bytes:
    """A project; `before` are lines before the first track."""
    head = f'<REAPER_PROJECT 0.1 "6.80/linux" 1\n  RIPPLE 0\n  TEMPO {tempo}\n{before}'
    return f"{head}{''.join(tracks)}>\n".encode()
