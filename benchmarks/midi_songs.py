"""Songs made for the benchmarks: several tracks, drums that repeat themselves, pick-ups, changes of metre and tempo."""

from __future__ import annotations

import random

from midi_reading import Doc, Trk

_SCALE = (0, 2, 4, 5, 7, 9, 11)


def made_song(r: random.Random) -> Doc:
    """A song of 16 to 60 bars."""
    division = r.choice((96, 120, 192, 480, 480, 960))
    metres = _metres(r, r.randint(16, 60), division)
    conductor = [[0, b"\xff\x51" + r.randrange(350_000, 700_000).to_bytes(3, "big")]]
    known = None
    for start, numerator in metres:
        if numerator != known:
            conductor.append([start, b"\xff\x58" + bytes([numerator, 2, 24, 8])])
            known = numerator
        if start and r.random() < 0.08:
            conductor.append([start, b"\xff\x51" + r.randrange(350_000, 700_000).to_bytes(3, "big")])
    tracks = [Trk(conductor, conductor[-1][0])]
    form = [r.randrange(4) for _ in range(len(metres) // 4 + 1)]
    for channel in range(r.randint(1, 6)):
        tracks.append(_part(r, metres, division, channel, form))
    if r.random() < 0.7:
        tracks.append(_drums(r, metres, division))
    return Doc(1, division, tracks)


def _metres(r: random.Random, bars: int, division: int) -> list[tuple[int, int]]:
    """(start, beats) of each bar; a pick-up is a short first bar."""
    at, beats = 0, r.choice((4, 4, 4, 3))
    out = []
    for bar in range(bars):
        if r.random() < 0.04:
            beats = r.choice((2, 3, 4, 5))
        here = r.randint(1, 2) if bar == 0 and r.random() < 0.25 else beats
        out.append((at, here))
        at += here * division
    return out


def _part(r: random.Random, metres: list[tuple[int, int]], division: int, channel: int, form: list[int]) -> Trk:
    """A melody or chords; bars of one section letter are like each other, played a little differently."""
    events = [[0, b"\xff\x03Part %d" % channel], [0, bytes([0xC0 | channel, r.randrange(90)])]]
    plans = {letter: random.Random(r.random()) for letter in range(4)}
    seeds = {letter: [plans[letter].random() for _ in range(4)] for letter in range(4)}
    varied = r.random() < 0.5
    for bar, (start, beats) in enumerate(metres):
        if r.random() < 0.08:
            continue
        letter = form[bar // 4]
        q = random.Random(seeds[letter][bar % 4] + (r.random() if varied and r.random() < 0.4 else 0))
        step = division // q.choice((1, 2, 2))
        for tick in range(0, beats * division, step):
            if q.random() < 0.2:
                continue
            for voice in range(q.choice((1, 1, 2))):
                pitch = 40 + 6 * channel % 36 + 12 * voice + q.choice(_SCALE)
                velocity = q.randint(50, 100) + (r.randint(-5, 5) if varied else 0)
                events.append([start + tick, bytes([0x90 | channel, pitch, velocity])])
                events.append([start + tick + step - step // 8, bytes([0x80 | channel, pitch, 64])])
    events.sort(key=lambda event: (event[0], event[1][0] >> 4 == 9))
    return Trk(events, events[-1][0])


def _drums(r: random.Random, metres: list[tuple[int, int]], division: int) -> Trk:
    events = [[0, b"\xff\x03Drums"]]
    for start, beats in metres:
        for beat in range(2 * beats):
            pitch = 36 if beat % 4 == 0 else 38 if beat % 4 == 2 else 42
            tick = start + beat * division // 2
            events += [[tick, bytes([0x99, pitch, 100])], [tick + division // 4, bytes([0x89, pitch, 64])]]
    events.sort(key=lambda event: (event[0], event[1][0] >> 4 == 9))
    return Trk(events, events[-1][0])
