// How a note stands between the versions, and changes grouped as a musician would name them.
import { events } from "./events.ts";
import type { Music, Note } from "./model.ts";
import { barEnd, bars } from "./time.ts";
import { count } from "./words.ts";

/** Unchanged; changed or removed later; no longer here; new; by ours, theirs, both alike; not in the result; by the merge alone. */
export type Kind = "same" | "goes" | "gone" | "new" | "ours" | "theirs" | "both" | "lost" | "made";

/** How a note is drawn while version `side` is looked at; null when it is not. */
export function kindOf(have: number, side: number, sides: number): Kind | null {
  const here = (have >> side) & 1, base = have & 1;
  if (have === (1 << sides) - 1) return "same";
  if (sides === 2) return here ? (side === 0 ? "goes" : "new") : side === 1 ? "gone" : null;
  const ours = (have >> 1) & 1, theirs = (have >> 2) & 1;
  if (side === 0) return here ? (ours && theirs ? "same" : "goes") : null;
  if (!here) return base ? "gone" : side === 3 ? "lost" : null;
  if (base) return "same";
  if (side < 3) return side === 1 ? "ours" : "theirs";
  return ours && theirs ? "both" : ours ? "ours" : theirs ? "theirs" : "made";
}

/** Whose a note is, whatever version is looked at: what the buttons beside the list show and hide. */
export type Whose = "unchanged" | "before" | "after" | "ours" | "theirs" | "both" | "merge";

export const WHOSE: Record<Whose, [words: string, kind: Kind]> = {
  unchanged: ["unchanged", "same"], before: ["only before", "gone"], after: ["only after", "new"], ours: ["by ours", "ours"],
  theirs: ["by theirs", "theirs"], both: ["by both", "both"], merge: ["by the merge", "made"],
};

export function whoseIs(have: number, sides: number): Whose {
  if (have === (1 << sides) - 1) return "unchanged";
  if (sides === 2) return have & 1 ? "before" : "after";
  const base = have & 1, ours = ((have >> 1) & 1) !== base, theirs = ((have >> 2) & 1) !== base;
  return ours && theirs ? "both" : ours ? "ours" : theirs ? "theirs" : "merge";
}

export const hollow = (kind: Kind): boolean => kind === "gone" || kind === "lost";

/** One musical change: neighbouring changed notes of one track; or, without notes, what changed in the tempo, a sign or a
 * controller. `track` is -1 where it is the whole piece's. */
export interface Phrase { track: number; from: number; to: number; low: number; high: number; notes: Note[]; words: string }

/** Notes that not every version has, as phrases in the order of time: one track, at most one quiet bar between them. */
export function phrases(music: Music): Phrase[] {
  const all = (1 << music.sides.length) - 1, moved = stretches(music);
  const explained = (note: Note) => moved.some(({ from, to, have }) => note[3] >= from && note[3] < to && note[6] === have);
  const changed = music.notes.filter((note) => note[6] !== all && !explained(note)).sort((a, b) => a[0] - b[0] || a[3] - b[3]);
  const found: Phrase[] = [];
  for (const note of changed) {
    const last = found[found.length - 1];
    const end = Math.min(note[3] + note[4], barEnd(music, note[3]) + 96); // a note that hangs does not hold a phrase open
    if (last && last.track === note[0] && note[3] <= barEnd(music, barEnd(music, last.to - 0.01))) {
      last.notes.push(note);
      last.to = Math.max(last.to, end);
      last.low = Math.min(last.low, note[2]);
      last.high = Math.max(last.high, note[2]);
    } else {
      found.push({ track: note[0], from: note[3], to: end, low: note[2], high: note[2], notes: [note], words: "" });
    }
  }
  const near = neighbours(music);
  for (const each of found) each.words = `${music.tracks[each.track]?.name ?? "track"}, ${bars(music, each.from, each.to)}: ${what(music, each, near)}`;
  return [...found, ...barsOf(music, moved), ...events(music)].sort((a, b) => a.from - b.from || a.track - b.track);
}

interface Stretch { from: number; to: number; have: number }

/** Where some versions have bars and others have not: from where to where, and bit n set for version n that has them. */
export function stretches(music: Music): Stretch[] {
  const ends = [...new Set(Object.values(music.gaps).flat(2))].sort((a, b) => a - b), all = (1 << music.sides.length) - 1;
  return ends.slice(1).flatMap((to, at) => {
    const from = ends[at]!, lacks = Object.entries(music.gaps).filter(([, gaps]) => gaps.some(([a, b]) => a <= from && b >= to));
    const have = lacks.reduce((left, [side]) => left & ~(1 << Number(side)), all);
    return have === all ? [] : [{ from, to, have }];
  });
}

/** Bars that were put in or taken out, as one change each, with the notes that only follow from it. */
function barsOf(music: Music, moved: readonly Stretch[]): Phrase[] {
  return moved.map(({ from, to, have }) => {
    const notes = music.notes.filter((note) => note[3] >= from && note[3] < to && note[6] === have), verb = have & 1 ? "cut" : "inserted";
    const by = (["ours", "theirs"] as const).filter((_, index) => ((have >> (index + 1)) & 1) !== (have & 1)).join(" and ");
    const words = music.sides.length === 2 ? verb : `${verb} by ${by || "the merge"}`;
    const low = notes.reduce((least, note) => Math.min(least, note[2]), 127), high = notes.reduce((most, note) => Math.max(most, note[2]), 0);
    return { track: -1, from, to, low: notes.length ? low : 0, high: notes.length ? high : 127, notes, words: `${bars(music, from, to)} ${words}${notes.length ? ` (${count(notes.length, "note")})` : ""}` };
  });
}

/** All notes of a phrase's track that begin in its time: a chord moved by an octave has notes that only seem untouched. */
function neighbours(music: Music): (phrase: Phrase) => Note[] {
  const tracks = new Map<number, Note[]>();
  const of = (track: number): Note[] => {
    if (!tracks.has(track)) tracks.set(track, music.notes.filter((note) => note[0] === track).sort((a, b) => a[3] - b[3]));
    return tracks.get(track)!;
  };
  return ({ track, from, to }) => {
    const rows = of(track), found: Note[] = [];
    let low = 0, high = rows.length;
    while (low < high) { const middle = (low + high) >> 1; if (rows[middle]![3] < from) low = middle + 1; else high = middle; }
    while (low < rows.length && rows[low]![3] < to) found.push(rows[low++]!);
    return found;
  };
}

/** `3 notes before, 4 after` or, in a merge, who has what. */
function what(music: Music, phrase: Phrase, near: (phrase: Phrase) => Note[]): string {
  const { notes } = phrase;
  if (music.sides.length === 2) {
    const before = notes.filter((note) => note[6] & 1), after = notes.filter((note) => note[6] & 2);
    if (!before.length) return `${count(after.length, "note")} new`;
    if (!after.length) return `${count(before.length, "note")} removed`;
    const shift = transposition(before, after);
    if (shift !== null) return `${count(after.length, "note")} transposed ${shift > 0 ? "+" : ""}${shift}`;
    if (before.length === after.length) return `${count(after.length, "note")} changed`;
    return `${count(before.length, "note")} became ${after.length}`;
  }
  const made = ["ours", "theirs"].flatMap((name, index) => {
    const side = index + 1;
    const touched = notes.filter((note) => ((note[6] >> side) & 1) !== (note[6] & 1));
    const added = touched.filter((note) => (note[6] >> side) & 1).length, taken = touched.length - added;
    if (!touched.length) return [];
    const moved = [added === taken ? near(phrase) : [], touched].map((some) => transposition(some.filter((note) => note[6] & 1), some.filter((note) => (note[6] >> side) & 1))).find((shift) => shift !== null);
    if (moved != null) return [`${name} transposed ${moved > 0 ? "+" : ""}${moved}`];
    if (added === taken) return [`${name} changed ${count(added, "note")}`];
    if (!taken) return [`${name} added ${count(added, "note")}`];
    return [`${name} ${added ? `added ${count(added, "note")} and removed ${taken}` : `removed ${count(taken, "note")}`}`];
  });
  return made.join(", ") || "changed by the merge";
}

/** The interval by which all notes moved, null when they did not all move alike. */
function transposition(before: Note[], after: Note[]): number | null {
  if (before.length !== after.length || !before.length) return null;
  const order = (a: Note, b: Note) => a[3] - b[3] || a[2] - b[2];
  const one = [...before].sort(order), two = [...after].sort(order);
  const shift = two[0]![2] - one[0]![2];
  return shift !== 0 && one.every((note, at) => two[at]![3] === note[3] && two[at]![2] - note[2] === shift) ? shift : null;
}
