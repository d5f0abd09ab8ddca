// Bars, beats and seconds.
import { UNIT, type Bar, type Music } from "./model.ts";

/** The last index whose x is not after `x`; 0 where there is none. */
export function indexAt(rows: readonly (readonly [number, ...unknown[]])[], x: number): number {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]![0] <= x) low = middle + 1; else high = middle;
  }
  return Math.max(0, low - 1);
}

export function barAt(music: Music, x: number): Bar {
  return music.bars[indexAt(music.bars, x)] ?? [0, 1, UNIT];
}

/** `bar 17 beat 3` */
export function where(music: Music, x: number): string {
  const bar = barAt(music, x);
  return `bar ${bar[1]} beat ${Math.floor((x - bar[0]) / bar[2] + 1e-6) + 1}`;
}

/** `bar 5` or `bars 5-8`; a span that ends on a bar line ends in the bar before it. */
export function bars(music: Music, from: number, to: number): string {
  const first = barAt(music, from)[1], last = barAt(music, Math.max(from, to - 0.01))[1];
  return first === last ? `bar ${first}` : `bars ${first}-${last}`;
}

/** Where the bar after the one at `x` begins. */
export function barEnd(music: Music, x: number): number {
  return music.bars[indexAt(music.bars, x) + 1]?.[0] ?? Math.max(music.width, x);
}

const clocks = new WeakMap<Music, Map<number, [number, number][]>>();

/** The tempo map of a version; where it lacks bars that others have, time stands still. */
function clock(music: Music, side: number): readonly [number, number][] {
  const gaps = music.gaps[side], tempo = music.tempo[side] ?? [];
  if (!gaps?.length) return tempo;
  if (!clocks.has(music)) clocks.set(music, new Map());
  const known = clocks.get(music)!;
  if (!known.has(side)) {
    const before = (x: number) => [...tempo].reverse().find(([at]) => at <= x)?.[1] ?? 500_000;
    known.set(side, [...gaps.flatMap(([from, to]): [number, number][] => [[from, 0], [to, before(to)]]), ...tempo.filter(([at]) => !gaps.some(([from, to]) => at >= from && at < to))].sort((a, b) => a[0] - b[0]));
  }
  return known.get(side)!;
}

/** Seconds from the beginning of a version to `x`, by its tempo map. */
export function seconds(music: Music, side: number, x: number): number {
  let time = 0, from = 0, micros = 500_000;
  for (const [at, next] of clock(music, side)) {
    if (at >= x) break;
    time += ((at - from) / UNIT) * (micros / 1e6);
    from = at;
    micros = next;
  }
  return time + ((x - from) / UNIT) * (micros / 1e6);
}

/** The inverse of `seconds`. */
export function positionAt(music: Music, side: number, time: number): number {
  let left = time, from = 0, micros = 500_000;
  for (const [at, next] of clock(music, side)) {
    const span = ((at - from) / UNIT) * (micros / 1e6);
    if (span > left) break;
    left -= span;
    from = at;
    micros = next;
  }
  return micros > 0 ? from + (left * 1e6 * UNIT) / micros : from;
}
