// Where things are on the screen, and which of thousands of notes are in sight.
import type { Bar, Note } from "./model.ts";

export interface Span { low: number; high: number }

/** Notes by the span of time they lie in, so that drawing and pointing look at what is near only. */
export class NoteIndex {
  private readonly cells = new Map<number, Note[]>();
  constructor(notes: readonly Note[], private readonly cell = 384) {
    for (const note of notes) {
      const last = Math.min(Math.floor((note[3] + note[4]) / cell), Math.floor(note[3] / cell) + 4096);
      for (let at = Math.floor(note[3] / cell); at <= last; at++) {
        const row = this.cells.get(at);
        if (row) row.push(note); else this.cells.set(at, [note]);
      }
    }
  }

  /** Every note that is somewhere in [from, to], once. */
  *between(from: number, to: number): Generator<Note> {
    const first = Math.max(0, Math.floor(from / this.cell)), last = Math.floor(to / this.cell);
    for (let at = first; at <= last; at++) {
      for (const note of this.cells.get(at) ?? []) {
        const begins = Math.floor(note[3] / this.cell);
        if (begins !== at && !(at === first && begins < at)) continue;
        if (note[3] <= to && note[3] + note[4] >= from) yield note;
      }
    }
  }
}

/** The pitches that are used, with room, at least two octaves. */
export function pitchSpan(notes: readonly Note[]): Span {
  let low = 127, high = 0;
  for (const note of notes) { low = Math.min(low, note[2]); high = Math.max(high, note[2]); }
  if (low > high) { low = 54; high = 66; }
  const middle = Math.round((low + high) / 2);
  return { low: Math.max(0, Math.min(low - 2, middle - 12)), high: Math.min(127, Math.max(high + 2, middle + 12)) };
}

/** Every how many bars a number is written, so that numbers keep `room` pixels apart. */
export function barStep(bars: readonly Bar[], zoom: number, room: number): number {
  if (bars.length < 2) return 1;
  const pixels = ((bars[bars.length - 1]![0] - bars[0]![0]) / (bars.length - 1)) * zoom;
  for (const step of [1, 2, 4, 8, 16, 32, 64, 128, 256]) if (pixels * step >= room) return step;
  return 512;
}

/** Zoom and scroll that show [from, to] with air around it. */
export function fit(from: number, to: number, pixels: number, most = 12): { zoom: number; left: number } {
  const width = Math.max(to - from, 96) * 1.3;
  const zoom = Math.min(most, Math.max(0.05, pixels / width));
  return { zoom, left: Math.max(0, ((from + to) / 2) * zoom - pixels / 2) };
}

/** Pixels per pitch and the first row in sight, so that [low, high] is in the middle of `height` pixels and can be read. */
export function fitRows(span: Span, low: number, high: number, height: number): { row: number; top: number } {
  const all = high - low + 3, least = all * 9 > height && all * 5 <= height ? Math.floor(height / all) : 9; // lower where else a version would be out of sight
  const row = Math.max(least, Math.min(16, Math.floor(height / (high - low + 13))));
  const tall = (span.high - span.low + 1) * row;
  const middle = (span.high - (low + high) / 2 + 0.5) * row;
  return { row, top: Math.max(0, Math.min(tall - height, middle - height / 2)) };
}

/** Where things of a width fit on a line without overprinting: true and taken, or false. */
export class Line {
  private readonly taken: [number, number][] = [];
  place(from: number, to: number): boolean {
    if (this.taken.some(([a, b]) => from < b && to > a)) return false;
    this.taken.push([from, to]);
    return true;
  }
}
