// A few bars of one track as ABC text, which an engraver draws. Rhythm is read to sixteenths, or to triplets of a beat
// whose notes fit these better; up to two voices a staff; wide music stands on two staves.
import { indexAt } from "./time.ts";
import { UNIT, type Bar, type Music, type Note } from "./model.ts";
import { DRUM_CHANNEL } from "./words.ts";

const STEP = UNIT / 4, THIRD = UNIT / 3, LONGEST = 4;

export interface Staff { abc: string; changed: [number, number][]; notes: number }
interface Cell { x: number; width: number; bar: number; beat: number; third: boolean }
interface Event { from: number; to: number; notes: Note[] }
interface Key { fifths: number; minor: boolean; text: string }

const LETTERS = ["F", "C", "G", "D", "A", "E", "B"];
const NATURAL: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** The key in force at `x`: from the signs of a version, C major where there is none. */
export function keyAt(music: Music, side: number, x: number): Key {
  let found: Key = { fifths: 0, minor: false, text: "C" };
  for (const [at, text, have] of music.signs) {
    if (at > x) break;
    const sign = (have >> side) & 1 ? /^([A-G])([♯♭]?) (major|minor)$/.exec(text) : null;
    if (!sign) continue;
    const fifths = LETTERS.indexOf(sign[1]!) - 1 + (sign[2] === "♯" ? 7 : sign[2] === "♭" ? -7 : 0), minor = sign[3] === "minor";
    found = { fifths: fifths - (minor ? 3 : 0), minor, text: sign[1]! + { "♯": "#", "♭": "b", "": "" }[sign[2]!]! + (minor ? "m" : "") };
  }
  return found;
}

/** A pitch as its letter, its alteration in half steps, and its octave, as a key spells it. */
export function spelled(pitch: number, key: Key): [string, number, number] {
  const low = key.fifths - (key.minor ? 3 : 4);
  const fifth = low + ((((pitch * 7 - low) % 12) + 12) % 12);
  const letter = LETTERS[(((fifth + 1) % 7) + 7) % 7]!, altered = Math.floor((fifth + 1) / 7);
  return [letter, altered, Math.floor((pitch - altered - NATURAL[letter]!) / 12) - 1];
}

/** `^F,` and the like; `bar` holds what accidentals are in force since the bar line. */
function written(pitch: number, key: Key, bar: Map<string, number>): string {
  const [letter, altered, octave] = spelled(pitch, key), spot = `${letter}${octave}`;
  const signed = Math.floor((key.fifths - (LETTERS.indexOf(letter) - 1) + 5) / 7);
  const before = bar.get(spot) ?? signed;
  bar.set(spot, altered);
  const sign = before === altered ? "" : altered === 0 ? "=" : altered > 0 ? "^".repeat(altered) : "_".repeat(-altered);
  const high = octave >= 5;
  return sign + (high ? letter.toLowerCase() + "'".repeat(octave - 5) : letter + ",".repeat(Math.max(0, 4 - octave)));
}

/** Where a drum stands on its staff: kick low, snare in the middle, cymbals on top with crosses. */
function drum(pitch: number): string {
  if (pitch <= 36) return "F";
  if (pitch <= 40) return "c";
  if ([42, 44, 46].includes(pitch)) return "!style=x!g";
  if ([49, 52, 55, 57].includes(pitch)) return "!style=x!a";
  if ([51, 53, 59].includes(pitch)) return "!style=x!f";
  return { 41: "A", 43: "A", 45: "B", 47: "d", 48: "e", 50: "e" }[pitch] ?? "!style=x!d";
}

/** The grid of some bars: each beat in sixteenths, or in thirds of a quarter where its notes fit these better. */
function grid(bars: readonly Bar[], ends: readonly number[], notes: readonly Note[]): Cell[] {
  const cells: Cell[] = [];
  bars.forEach(([from, , size], bar) => {
    for (let beat = from, number = 0; beat < ends[bar]! - 0.5; beat += size, number++) {
      const end = Math.min(beat + size, ends[bar]!), inside = notes.filter((note) => note[3] >= beat - 1 && note[3] < end - 1);
      const off = (step: number) => inside.reduce((sum, note) => sum + Math.abs(note[3] - beat - step * Math.round((note[3] - beat) / step)), 0);
      const third = end - beat === UNIT && off(THIRD) + 0.5 < off(STEP), width = third ? THIRD : STEP;
      for (let x = beat; x < end - 0.5; x += width) cells.push({ x, width, bar, beat: number, third });
    }
  });
  return cells;
}

/** Drums: cymbals with stems of their own above the rest, each sounding until the next or for a beat. */
function drumVoices(notes: readonly Note[], cells: readonly Cell[], last: number): Event[][] {
  const crossed = (note: Note) => drum(note[2]).startsWith("!");
  return [notes.filter(crossed), notes.filter((note) => !crossed(note))].filter((part) => part.length).map((part) => {
    const hits = voices(part.map((note): Note => [note[0], note[1], note[2], note[3], 1, note[5], note[6]]), cells, last).flat().sort((a, b) => a.from - b.from);
    hits.forEach((hit, at) => {
      const next = hits[at + 1]?.from ?? last, beat = cells.findIndex((cell, x) => x > hit.from && (cell.beat !== cells[hit.from]!.beat || cell.bar !== cells[hit.from]!.bar));
      hit.to = Math.max(hit.from + 1, Math.min(next, beat < 0 ? last : beat));
    });
    return hits;
  });
}

/** Chords by onset, each in the first voice that is free; what fits in neither ends where the next begins. */
function voices(notes: readonly Note[], cells: readonly Cell[], last: number): Event[][] {
  const near = (x: number) => { const at = indexAt(cells.map((cell): [number] => [cell.x]), x), cell = cells[at]!; return x - cell.x > cell.width / 2 ? at + 1 : at; };
  const found: Event[][] = [[], []];
  const chords = new Map<string, Event>();
  for (const note of [...notes].sort((a, b) => a[3] - b[3] || b[2] - a[2])) {
    const from = Math.max(0, near(note[3])), to = Math.min(last, Math.max(from + 1, near(note[3] + note[4])));
    if (from >= last) continue;
    const key = `${from} ${to}`, chord = chords.get(key);
    if (chord) { if (!chord.notes.some((each) => each[2] === note[2])) chord.notes.push(note); }
    else chords.set(key, { from, to, notes: [note] });
  }
  for (const chord of [...chords.values()].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const free = found.find((voice) => !voice.length || voice[voice.length - 1]!.to <= chord.from);
    if (free) { free.push(chord); continue; }
    const same = found.map((voice) => voice[voice.length - 1]!).find((other) => other.from === chord.from);
    if (same) { same.notes.push(...chord.notes.filter((note) => !same.notes.some((each) => each[2] === note[2]))); continue; }
    const cut = found.reduce((a, b) => (a[a.length - 1]!.to <= b[b.length - 1]!.to ? a : b));
    cut[cut.length - 1]!.to = chord.from;
    cut.push(chord);
  }
  return found.filter((voice) => voice.length);
}

/** How long, in cells, a note that begins at `at` may be written in one piece: within the bar, readable, one kind of grid. */
function piece(cells: readonly Cell[], at: number, to: number, rest: boolean): number {
  const first = cells[at]!;
  let size = 1;
  while (at + size < to && cells[at + size]!.bar === first.bar && cells[at + size]!.third === first.third) size++;
  if (first.third) return Math.min(size, 3 - Math.round((first.x - beatOf(cells, at)) / THIRD));
  const beat = cells.filter((cell) => cell.bar === first.bar && cell.beat === first.beat && !cell.third).length;
  const inside = Math.round((first.x - beatOf(cells, at)) / STEP);
  const most = inside === 0 ? size : inside * 2 === beat && size === beat && !rest ? beat : beat - inside;
  return [16, 12, 8, 6, 4, 3, 2, 1].find((each) => each <= Math.min(size, most)) ?? 1;
}

function beatOf(cells: readonly Cell[], at: number): number {
  let first = at;
  while (first > 0 && cells[first - 1]!.bar === cells[at]!.bar && cells[first - 1]!.beat === cells[at]!.beat) first--;
  return cells[first]!.x;
}

class Writer {
  text = "";
  readonly changed: [number, number][] = [];
  constructor(private readonly cells: readonly Cell[], private readonly key: Key, private readonly drums: boolean, private readonly up: number,
    private readonly differs: (note: Note) => boolean) {}

  add(text: string): void { this.text += text; }

  /** One bar of one voice. */
  bar(voice: readonly Event[], bar: number): void {
    const { cells } = this, accidentals = new Map<string, number>();
    let at = cells.findIndex((cell) => cell.bar === bar);
    const end = cells.filter((cell) => cell.bar === bar).length + at;
    while (at < end) {
      const event = voice.find((each) => each.from <= at && each.to > at), next = voice.find((each) => each.from > at);
      const to = Math.min(end, event ? event.to : next ? next.from : end), size = piece(cells, at, to, !event);
      if (cells[at]!.third && size < 3 && cells[at]!.x === beatOf(cells, at)) this.add(`(3:2:${this.inBeat(voice, at, end)}`);
      this.write(event, at, size, accidentals, (event?.to ?? 0) > at + size);
      at += size;
      if (at < end && cells[at]!.beat !== cells[at - 1]!.beat) this.add(" ");
    }
  }

  /** How many things are written in a triplet beat. */
  private inBeat(voice: readonly Event[], at: number, end: number): number {
    const beat = this.cells[at]!.beat;
    let found = 0;
    for (let x = at; x < end && this.cells[x]!.beat === beat; found++) {
      const event = voice.find((each) => each.from <= x && each.to > x), next = voice.find((each) => each.from > x);
      x += piece(this.cells, x, Math.min(end, event ? event.to : next ? next.from : end), !event);
    }
    return found;
  }

  private write(event: Event | undefined, at: number, size: number, accidentals: Map<string, number>, tied: boolean): void {
    const third = this.cells[at]!.third, length = third ? (size === 3 ? 4 : size * 2) : size;
    const from = this.text.length;
    if (!event) { this.add(`z${length}`); return; }
    const names = event.notes.map((note) => (this.drums ? drum(note[2]) : written(note[2] + this.up, this.key, accidentals)));
    const style = names.some((name) => name.startsWith("!style=x!")) ? "!style=x!" : "";
    const plain = [...new Set(names.map((name) => name.replace("!style=x!", "")))];
    this.add(`${style}${plain.length > 1 ? `[${plain.join("")}]` : plain[0]}${length}${tied ? "-" : ""}`);
    if (event.notes.some(this.differs)) this.changed.push([from, this.text.length]);
  }
}

/** The bars from `from` to `to` of a track in one version, as ABC; null where there are no bars. */
export function abcOf(music: Music, side: number, track: number, from: number, to: number): Staff | null {
  const first = indexAt(music.bars, from + 0.01), last = Math.min(first + LONGEST - 1, Math.max(first, indexAt(music.bars, to - 0.01)));
  const bars = music.bars.slice(first, last + 1);
  if (!bars.length) return null;
  const ends = bars.map((bar, at) => music.bars[first + at + 1]?.[0] ?? bar[0] + bar[2] * 4), end = ends[ends.length - 1]!;
  const any = music.notes.filter((note) => note[0] === track && note[3] > bars[0]![0] - 2 && note[3] < end - 2);
  const mine = (some: readonly Note[]) => some.filter((note) => (note[6] >> side) & 1), notes = mine(any);
  const drums = music.tracks[track]?.channel === DRUM_CHANNEL, key = drums ? { fifths: 0, minor: false, text: "C" } : keyAt(music, side, bars[0]![0]);
  const staves = split(any, drums).map((part) => ({ ...part, notes: mine(part.notes) })), beat = bars[0]![2], all = (1 << music.sides.length) - 1;
  const cells = grid(bars, ends, notes);
  const writer = new Writer(cells, key, drums, 0, (note) => note[6] !== all);
  writer.add(`X:1\nM:${Math.round((ends[0]! - bars[0]![0]) / beat)}/${Math.round((UNIT * 4) / beat)}\nL:1/16\n`);
  if (staves.length > 1) writer.add("%%staves {1 2}\n");
  writer.add(`K:${key.text}\n`);
  staves.forEach((staff, number) => {
    const parts = (drums ? drumVoices : voices)(staff.notes, cells, cells.length), own = new Writer(cells, key, drums, staff.up, (note) => note[6] !== all);
    own.add(`V:${number + 1} clef=${staff.clef}\n`);
    bars.forEach((_, bar) => {
      const sounding = parts.filter((voice) => voice.some((each) => cells.some((cell, x) => cell.bar === bar && x >= each.from && x < each.to)));
      (sounding.length ? sounding : [[]]).forEach((voice, index) => { if (index) own.add(" & "); own.bar(voice, bar); });
      own.add(bar === bars.length - 1 ? " |]\n" : " | ");
    });
    writer.changed.push(...own.changed.map(([a, b]): [number, number] => [a + writer.text.length, b + writer.text.length]));
    writer.add(own.text);
  });
  return { abc: writer.text, changed: writer.changed, notes: notes.length };
}

interface Part { clef: string; up: number; notes: Note[] }

/** One staff with the clef that suits, or two around middle C where notes lie on both sides of it. */
function split(notes: readonly Note[], drums: boolean): Part[] {
  if (drums) return [{ clef: "perc", up: 0, notes: [...notes] }];
  const pitches = notes.map((note) => note[2]).sort((a, b) => a - b), middle = pitches[pitches.length >> 1] ?? 60;
  if (pitches.filter((pitch) => pitch < 54).length > 1 && pitches.filter((pitch) => pitch > 66).length > 1) {
    return [{ clef: "treble", up: 0, notes: notes.filter((note) => note[2] >= 60) }, { clef: "bass", up: 0, notes: notes.filter((note) => note[2] < 60) }];
  }
  if (middle < 40) return [{ clef: "bass-8", up: 12, notes: [...notes] }];
  if (middle > 86) return [{ clef: "treble+8", up: -12, notes: [...notes] }];
  return [{ clef: middle < 57 ? "bass" : "treble", up: 0, notes: [...notes] }];
}
