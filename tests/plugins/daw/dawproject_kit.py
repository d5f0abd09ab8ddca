"""DAWprojects as their document alone: clips have no ids, devices have ones that a new export counts anew."""

from __future__ import annotations

from collections.abc import Sequence


def clip(time: float, name: str, notes: str = "", duration: float = 4) -> str:
    """A clip with notes."""
    return f'<Clip time="{time}" duration="{duration}" name="{name}"><Notes>{notes}</Notes></Clip>\n'


def note(time: float, key: int, velocity: float = 0.8) -> str:
    """A note."""
    return f'<Note time="{time}" duration="0.5" channel="0" key="{key}" vel="{velocity}"/>'


def points(target: str, *found: tuple[float, float]) -> str:
    """What moves a parameter."""
    inner = "".join(f'<RealPoint time="{x}" value="{y}"/>' for x, y in found)
    return f'<Points unit="linear"><Target parameter="{target}"/>{inner}</Points>\n'


def device(number: str, name: str, enabled: str = "true") -> str:
    """A plug-in."""
    inner = f'<Parameters/><Enabled value="{enabled}" id="{number}e"/>'
    return f'<ClapPlugin deviceName="{name}" id="{number}" name="{name}">{inner}</ClapPlugin>\n'


def track(number: str, name: str, volume: float = 1, devices: str = "") -> str:
    """A track of the structure."""
    inner = f'<Volume id="{number}v" value="{volume}"/><Devices>{devices}</Devices>'
    return f'<Track id="{number}" name="{name}"><Channel id="{number}c">{inner}</Channel></Track>\n'


def lanes(number: str, clips: str = "", curves: str = "") -> str:
    """What lies on a track."""
    return f'<Lanes id="{number}l" track="{number}"><Clips id="{number}k">\n{clips}</Clips>{curves}</Lanes>\n'


def written(tracks: Sequence[str], rows: Sequence[str], tempo: int, unit: str) -> bytes:
    """A project."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Project version="1.0">\n<Application name="B" version="5"/>\n'
        f'<Transport><Tempo id="tt" value="{tempo}"/></Transport>\n<Structure>\n{"".join(tracks)}</Structure>\n'
        f'<Arrangement id="arr"><Lanes id="all" timeUnit="{unit}">\n{"".join(rows)}</Lanes></Arrangement>\n</Project>\n'
    ).encode()
