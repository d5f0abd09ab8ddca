"""Times in seconds: a side that changes the tempo writes all of them anew, those of the other one stay old."""

from __future__ import annotations

import re

from muse.plugins.daw.formats import DAWPROJECT, LIVE, Format

_CURVE = re.compile(rb"^[ \t]*<TEMPOENVEX\b.*?^[ \t]*>", re.DOTALL | re.MULTILINE)
_TEMPO = re.compile(rb"^[ \t]*TEMPO (\S+)", re.MULTILINE)
_TIME = re.compile(rb"^[ \t]*(?:(?:POSITION|LENGTH|PT) (\S+)|MARKER \d+ (\S+))", re.MULTILINE)
_FREE = re.compile(rb"^[ \t]*TIMELOCKMODE 0\b", re.MULTILINE)
_XML_TEMPO = re.compile(rb"<Tempo\s[^>]*>|<TempoAutomation\b.*?</TempoAutomation>", re.DOTALL)
_XML_TIME = re.compile(rb"\s(?:time|duration)=\"([^\"]*)\"")


def told_by_two_clocks(form: Format, sides: tuple[bytes, bytes, bytes]) -> str:
    """Why times of one side would be wrong beside the tempo of the other one, or nothing."""
    if form is LIVE or (form is DAWPROJECT and not any(b' timeUnit="seconds"' in side for side in sides)):
        return ""  # in beats, which no tempo moves
    if form is not DAWPROJECT and all(_FREE.search(side) for side in sides):
        return ""  # the project says that a tempo moves nothing
    tempos, times = zip(*(_clock(form, side) for side in sides))
    if tempos[1] == tempos[2]:
        return ""
    changed = [[each[side] != each[0] for side in (1, 2)] for each in (tempos, times)]
    if (changed[0][0] and changed[1][1]) or (changed[0][1] and changed[1][0]):
        return "one side changed the tempo, the other one times in seconds, which that tempo moves"
    return ""


def _clock(form: Format, side: bytes) -> tuple[list[bytes], list[tuple[bytes, ...]]]:
    if form is DAWPROJECT:
        return _XML_TEMPO.findall(side), [(time,) for time in sorted(_XML_TIME.findall(_XML_TEMPO.sub(b"", side)))]
    return _TEMPO.findall(side) + _CURVE.findall(side), sorted(_TIME.findall(_CURVE.sub(b"", side)))
