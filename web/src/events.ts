// What changed beside the notes: tempo, key, metre, markers, controllers, in the words of the list of changes.
import type { Phrase } from "./kinds.ts";
import { tempoLane } from "./lanes.ts";
import type { Lane, Music } from "./model.ts";
import { bars } from "./time.ts";

type Points = readonly [number, number][];

const short = (value: number): string => String(Math.round(value * 100) / 100);

/** Where two curves are not alike, as their points differ; null where they are. */
function apart(one: Points, two: Points): { from: number; to: number } | null {
  const known = new Set(one.map(String)), other = new Set(two.map(String));
  const xs = [...one.filter((point) => !other.has(String(point))), ...two.filter((point) => !known.has(String(point)))].map(([x]) => x);
  return xs.length ? { from: Math.min(...xs), to: Math.max(...xs) + 1 } : null;
}

/** `ours 115 → 104.55`, or `changed by ours` where it is a curve; without a name in two versions. */
function turned(before: Points, after: Points, name: string): string {
  const values = [before, after].map((points) => [...new Set(points.map(([, value]) => short(value)))]);
  if (values[0]!.length === 1 && values[1]!.length === 1) return `${name} ${values[0]![0]} → ${values[1]![0]}`.trim();
  return `${!before.length ? "added" : !after.length ? "removed" : "changed"}${name ? ` by ${name}` : ""}`;
}

function lane(music: Music, each: Lane, name: string): Phrase[] {
  const many = music.sides.length > 2, of = (side: number): Points => [...new Map(each.points[side] ?? [])]; // of several at one place the last counts
  const sides = (many ? [1, 2] : music.sides.length > 1 ? [1] : []).flatMap((side) => {
    const span = apart(of(0), of(side));
    if (!span) return [];
    const inside = (points: Points) => points.filter(([x]) => x >= span.from && x < span.to);
    return [{ ...span, words: turned(inside(of(0)), inside(of(side)), many ? music.sides[side]! : "") }];
  });
  if (!sides.length) return [];
  const from = Math.min(...sides.map((side) => side.from)), to = Math.max(...sides.map((side) => side.to));
  return [{ track: each.track, from, to, low: 0, high: 127, notes: [], words: `${name}, ${bars(music, from, to)}: ${sides.map((side) => side.words).join(", ")}` }];
}

/** Signs at one place that not every version has; the tempo is a lane. */
function signs(music: Music): Phrase[] {
  const all = (1 << music.sides.length) - 1, places = new Map<number, [number, string, number][]>();
  for (const sign of music.signs) {
    if (sign[2] === all || sign[1].startsWith("♩=")) continue;
    places.set(sign[0], [...(places.get(sign[0]) ?? []), sign]);
  }
  return [...places].map(([x, found]) => {
    const said = found.map(([, text, have]) => `${text} (${music.sides.filter((_, side) => (have >> side) & 1).join(", ") || "nowhere"})`);
    return { track: -1, from: x, to: x + 1, low: 0, high: 127, notes: [], words: `${bars(music, x, x + 1)}: ${said.join(", ")}` };
  });
}

/** Every change of the piece that is no note's. */
export function events(music: Music): Phrase[] {
  const tempo = tempoLane(music);
  return [...(tempo ? lane(music, tempo, "Tempo") : []), ...signs(music),
    ...music.lanes.flatMap((each) => lane(music, each, `${music.tracks[each.track]?.name ?? "track"}, ${each.name}`))];
}
