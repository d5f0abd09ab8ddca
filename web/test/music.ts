// A small piece for the tests: 4/4, 24 units to the quarter, a melody and drums in base, ours, theirs and result.
import type { Music, Note } from "../src/model.ts";

export function music(notes: Note[], more: Partial<Music> = {}): Music {
  const width = Math.max(96, ...notes.map((note) => note[3] + note[4]));
  const bars = Array.from({ length: Math.ceil(width / 96) + 1 }, (_, at): [number, number, number] => [at * 96, at + 1, 24]);
  return {
    sides: ["base", "ours", "theirs", "result"], width, bars, tempo: {}, signs: [], notes, lanes: [], marks: [], controls: {}, flats: false, gaps: {},
    tracks: [{ name: "Melody", channel: 0, program: 0, instrument: "piano" }, { name: "Drums", channel: 9, program: 0, instrument: "drums" }],
    ...more,
  };
}
