// What Python hands over, as docs/schemas.json says it ("page"). Horizontal unit of music: 24 to the quarter note.

export const UNIT = 24;

/** track, channel, pitch, x, width, velocity, have: bit n of `have` is set when version n has the note. */
export type Note = [number, number, number, number, number, number, number];

/** x, number as the score counts it, length of a beat in units. */
export type Bar = [number, number, number];

/** x, status byte, first and second data byte. */
export type Control = [number, number, number, number];

export interface Lane { name: string; track: number; low: number; high: number; points: Record<string, [number, number][]> }
export interface Track { name: string; channel: number; program: number; instrument: string }

export interface Music {
  sides: string[];
  width: number;
  tracks: Track[];
  bars: Bar[];
  tempo: Record<string, [number, number][]>;
  signs: [number, string, number][];
  notes: Note[];
  lanes: Lane[];
  marks: [number, number, number | null][];
  controls: Record<string, Control[]>;
  flats: boolean;
  /** By version: from where to where others have bars that it has not. */
  gaps: Record<string, [number, number][]>;
}

export interface Offer { choice: string; name: string; text: string; sure: number; reason: string }

export interface Conflict {
  address: string; kind: string; base: string; ours: string; theirs: string; hint: string; both: boolean;
  texts: { base: string; ours: string; theirs: string } | null;
  offers: Offer[];
}

/** One decision: conflicts that one choice settles. `track` is a number of the music's tracks. */
export interface Group { address: string; words: string; track: number | null; conflicts: number[] }

export interface Change { op: string; name: string; said: string; old?: string; new?: string; inside?: Change[]; more?: number }
export interface Text { from: string; to: string; lines: [string, string][] | null }

export interface File {
  id: string; path: string; said: string; note: string;
  conflicts: Conflict[]; groups: Group[]; music: Music | null; texts: Text[]; changes: Change[];
}

export interface Commit { id: string; subject: string; author: string; date: string; refs: string[]; here: boolean; column: number; edges: [number, number][]; address: string; said: string }

export interface Page {
  title: string; about: [string, string][]; message: string; choices: boolean; version: string;
  files: File[]; commits: Commit[]; links: [string, string][];
}
