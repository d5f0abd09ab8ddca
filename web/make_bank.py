"""Cut the page's own sounds out of a General MIDI soundfont in SF3 format: `python web/make_bank.py FONT.sf3`.

Writes `muse/view/sounds/bank.json` (what each program is made of) and `bank.bin` (the samples as Ogg Vorbis, one after
another). Of each program one or two samples across the keyboard are kept, of one loudness, at a lower rate; of the
standard drum kit every drum of General MIDI. Needs the packages soundfile and numpy, which Muse itself does not.

The font that was used: FluidR3Mono_GM.sf3 (MIT), from Debian's fluidr3mono-gm-soundfont 2.315-7.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "muse" / "view" / "sounds"
KEYS = (50, 69)  # a sample near each of these, where the font has several
LOUD = 100
DRUMS = range(35, 82)
LARGEST = 26_000  # bytes of a sample in the font; where all are larger the smallest is taken
RATE, DRUM_RATE = 22_050, 32_000  # samples a second
LONGEST = 2.0  # seconds of a sound that has no loop
LOOP_BY = 4.0  # seconds; a sample whose loop ends later is taken only where there is no other
AMOUNTS = {
    33: -12000,
    34: -12000,
    35: -12000,
    36: -12000,
    37: 0,
    38: -12000,
    48: 0,
    51: 0,
    52: 0,
    54: 0,
    56: 100,
    17: 0,
}

Zone = dict[int, int]


def chunks(data: bytes, at: int, end: int) -> dict[bytes, tuple[int, int]]:
    """RIFF chunks by name (a LIST by its kind): where their contents begin and end."""
    found = {}
    while at + 8 <= end:
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"LIST":
            found[data[at + 8 : at + 12]] = (at + 12, at + 8 + size)
        else:
            found[name] = (at + 8, at + 8 + size)
        at += 8 + size
        at += at < end and data[at] == 0  # not every writer of SF3 pads odd chunks
    return found


class Font:
    """The tables of a soundfont."""

    def __init__(self, data: bytes) -> None:
        outer = chunks(data, 12, len(data))
        start, _ = chunks(data, *outer[b"sdta"])[b"smpl"]
        self.samples = memoryview(data)[start:]
        tables = chunks(data, *outer[b"pdta"])

        def rows(name: bytes, form: str) -> list[tuple[Any, ...]]:
            first, last = tables[name]
            return list(struct.iter_unpack(form, data[first:last]))

        self.presets = rows(b"phdr", "<20sHHHIII")
        self.instruments = rows(b"inst", "<20sH")
        self.heads = rows(b"shdr", "<20sIIIIIBbHH")
        self.bags = {"p": rows(b"pbag", "<HH"), "i": rows(b"ibag", "<HH")}
        self.gens = {"p": rows(b"pgen", "<HH"), "i": rows(b"igen", "<HH")}

    def zones(self, kind: str, first: int, last: int) -> list[Zone]:
        """The zones of a preset or an instrument, what holds for all of them included."""
        found: list[Zone] = []
        common: Zone = {}
        for bag in range(first, last):
            begin, end = self.bags[kind][bag][0], self.bags[kind][bag + 1][0]
            zone = {**common, **dict(self.gens[kind][begin:end])}
            if (53 if kind == "i" else 41) in zone:
                found.append(zone)
            elif bag == first:
                common = zone
        return found

    def preset(self, bank: int, program: int) -> list[Zone]:
        """Every sample zone of a preset, the preset's own amounts added."""
        number = next((n for n, row in enumerate(self.presets[:-1]) if row[1:3] == (program, bank)), None)
        if number is None:
            return []
        found = []
        for outer in self.zones("p", self.presets[number][3], self.presets[number + 1][3]):
            which = outer[41]
            for inner in self.zones("i", self.instruments[which][1], self.instruments[which + 1][1]):
                zone = dict(inner)
                for gen in AMOUNTS:
                    if gen in outer:
                        zone[gen] = (signed(inner[gen]) if gen in inner else AMOUNTS[gen]) + signed(outer[gen]) & 0xFFFF
                zone[43], zone[44] = narrowed(outer.get(43), inner.get(43)), narrowed(outer.get(44), inner.get(44))
                found.append(zone)
        return [zone for zone in found if zone[43] is not None and low(zone[44]) <= LOUD <= high(zone[44])]


def signed(amount: int) -> int:
    return amount - 0x10000 if amount & 0x8000 else amount


def low(span: int) -> int:
    return span & 0xFF


def high(span: int) -> int:
    return span >> 8


def narrowed(one: int | None, two: int | None) -> int:
    one, two = 0x7F00 if one is None else one, 0x7F00 if two is None else two
    return max(low(one), low(two)) | min(high(one), high(two)) << 8


def seconds(timecents: int) -> float:
    return round(2 ** (timecents / 1200), 4)


def smaller(data: bytes, rate: int, loop: tuple[int, int] | None) -> tuple[bytes, list[float]]:
    """A sample at another rate, no longer than it is needed, and its loop there, [0, 0] without one."""
    import numpy as np
    import soundfile

    wave, given = soundfile.read(io.BytesIO(data))
    if loop is not None and loop[0] < loop[1]:
        wave = wave[: min(len(wave), loop[1] + given // 20)]
    else:
        loop, most = None, int(LONGEST * given)
        fade = min(most // 3, len(wave))
        if len(wave) > most:
            wave = wave[:most]
            wave[-fade:] *= np.linspace(1, 0, fade) ** 2
    length = int(len(wave) * rate / given)
    spectrum = np.fft.rfft(wave)
    size = length // 2 + 1
    spectrum = spectrum[:size] if size <= len(spectrum) else np.pad(spectrum, (0, size - len(spectrum)))
    wave = np.fft.irfft(spectrum, length) * length / len(wave)
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, 1, format="OGG", subtype="VORBIS", compression_level=0.8) as file:
        file.write(wave.astype("float32"))
    return out.getvalue(), [round(place * rate / given, 2) for place in loop or (0, 0)]


class Bank:
    """What has been cut so far; a sample that serves twice is kept once."""

    def __init__(self, font: Font) -> None:
        self.font = font
        self.data = bytearray()
        self.samples: list[list[float]] = []
        self.known: dict[int, int] = {}

    def size(self, zone: Zone) -> int:
        head = self.font.heads[zone[53]]
        return int(head[2] - head[1])

    def is_long(self, zone: Zone) -> bool:
        """True when a loop ends so late that the sample would be large."""
        head = self.font.heads[zone[53]]
        return bool(zone.get(54, 0) & 1) and head[4] > LOOP_BY * head[5]

    def sample(self, number: int, rate: int, looped: bool) -> int:
        """Keep a sample; its place in the list: [offset, bytes, rate, loop start, loop end]."""
        if number not in self.known:
            _, start, end, first, last, _, *_ = self.font.heads[number]
            data, loop = smaller(bytes(self.font.samples[start:end]), rate, (first, last) if looped else None)
            self.known[number] = len(self.samples)
            self.samples.append([len(self.data), len(data), rate, *loop])
            self.data += data
        return self.known[number]

    def zone(self, zone: Zone, first: int, last: int, rate: int = RATE) -> list[float]:
        """[first, last key, sample, root, cents, loops, attenuation dB, attack, hold, decay, sustain 0-1, release]."""

        def amount(gen: int) -> int:
            return signed(zone.get(gen, AMOUNTS[gen] & 0xFFFF))

        head = self.font.heads[zone[53]]
        root = zone.get(58, head[6])
        sample = self.sample(zone[53], rate, bool(amount(54) & 1))
        loops = int(self.samples[sample][4] > 0)
        cents = amount(51) * 100 + amount(52) + head[7]
        return [
            first, last, sample, root if root < 128 else 60, cents, loops, round(amount(48) * 0.04, 2),
            seconds(amount(34)), seconds(amount(35)), seconds(amount(36)),
            round(10 ** (-max(0, amount(37)) / 200), 5), seconds(amount(38)),
        ]  # fmt: skip

    def program(self, program: int) -> list[list[float]]:
        """A program as a few zones that cover the keyboard."""
        zones = sorted(self.font.preset(0, program), key=self.size)
        kept: list[Zone] = []
        for key in KEYS if program < 104 else KEYS[:1]:
            near = [zone for zone in zones if low(zone[43]) <= key <= high(zone[43])] or zones
            if all(self.is_long(zone) for zone in near):
                near = [zone for zone in zones if not self.is_long(zone)] or near
            fitting = [zone for zone in near if self.size(zone) <= LARGEST] or near[:1]
            best = min(fitting, key=lambda zone: (self.is_long(zone), signed(zone.get(48, 0)), self.size(zone)))
            if best[53] not in [zone[53] for zone in kept]:
                kept.append(best)
        kept.sort(key=lambda zone: low(zone[43]))
        ends = [(high(one[43]) + low(two[43])) // 2 for one, two in pairwise(kept)]
        return [self.zone(zone, a + 1, b) for zone, a, b in zip(kept, [-1, *ends], [*ends, 127])]

    def drums(self) -> list[list[float]]:
        """The standard kit, a zone for each drum."""
        zones = self.font.preset(128, 0)
        found = []
        for key in DRUMS:
            near = [zone for zone in zones if low(zone[43]) <= key <= high(zone[43])]
            if near:
                found.append(self.zone(min(near, key=self.size), key, key, DRUM_RATE))
        return found


def main(source: str) -> None:
    """Cut, write, and say how large it is."""
    bank = Bank(Font(Path(source).read_bytes()))
    made = {"programs": [bank.program(number) for number in range(128)], "drums": bank.drums(), "samples": bank.samples}
    TARGET.mkdir(exist_ok=True)
    (TARGET / "bank.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
    (TARGET / "bank.bin").write_bytes(bank.data)
    print(f"{len(bank.samples)} samples, {len(bank.data)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
