// Where a decision sits in the roll: the notes it is about, as a rectangle of time and pitch.
import type { Focus } from "./canvas.ts";
import { UNIT, type Group, type Music } from "./model.ts";
import { barAt, barEnd } from "./time.ts";

export interface Spot extends Focus { whole: boolean }

/** What is shown of a decision: its frame, and whatever its track has in these bars in any version that differs. */
export function around(music: Music, at: Focus, track: number | null): Focus {
  const all = (1 << music.sides.length) - 1, from = barAt(music, at.from)[0], to = barEnd(music, at.to - 0.01), found = { ...at };
  for (const note of music.notes) {
    if (note[6] === all || note[0] !== track || note[3] < from || note[3] >= to) continue;
    found.low = Math.min(found.low, note[2]);
    found.high = Math.max(found.high, note[2]);
    found.from = Math.min(found.from, note[3]);
    found.to = Math.max(found.to, Math.min(note[3] + note[4], to));
  }
  return found;
}

/** The rectangle of a decision; `whole` when it is about no notes and stands on the full height; null without a place. */
export function spot(music: Music, group: Group): Spot | null {
  const marks = music.marks.filter(([index]) => group.conflicts.includes(index));
  if (!marks.length) return null;
  const from = Math.min(...marks.map(([, x]) => x)), last = Math.max(...marks.map(([, x]) => x));
  const pitches = marks.flatMap(([, , pitch]) => (pitch === null ? [] : [pitch]));
  if (!pitches.length) {
    const bar = barAt(music, from)[0];
    return { from: bar, to: Math.max(barEnd(music, last), bar + UNIT), low: 0, high: 127, whole: true };
  }
  const found: Focus = { from, to: last + UNIT / 2, low: Math.min(...pitches), high: Math.max(...pitches) };
  const all = (1 << music.sides.length) - 1, starts = new Set(marks.map(([, x]) => x.toFixed(1)));
  for (const note of music.notes) {
    if (note[6] === all || (group.track !== null && note[0] !== group.track) || !starts.has(note[3].toFixed(1))) continue;
    found.low = Math.min(found.low, note[2]);
    found.high = Math.max(found.high, note[2]);
    found.to = Math.max(found.to, Math.min(note[3] + note[4], last + 4 * UNIT));
  }
  return { ...found, whole: false };
}
