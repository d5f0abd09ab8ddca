// Lanes below the roll: velocities, tempo, controllers; every version that differs as a line of its own dash.
import { sized, type Shown } from "./canvas.ts";
import { hollow, kindOf } from "./kinds.ts";
import type { Lane, Music } from "./model.ts";
import { outline, trackColour, type Theme } from "./paint.ts";
import type { Roll } from "./roll.ts";
import { indexAt } from "./time.ts";

export const LANE = 52;

export function differs(music: Music, lane: Lane): boolean {
  return new Set(music.sides.map((_, side) => JSON.stringify(lane.points[side] ?? []))).size > 1;
}

/** The tempo as a lane like any other; null where one tempo holds throughout. */
export function tempoLane(music: Music): Lane | null {
  const points = Object.fromEntries(Object.entries(music.tempo).map(([side, found]) => [side, found.map(([x, micros]): [number, number] => [x, 60e6 / Math.max(1, micros)])]));
  const all = Object.values(points).flat().map(([, bpm]) => bpm);
  const lane = { name: "tempo", track: -1, low: Math.floor(Math.min(...all) - 5), high: Math.ceil(Math.max(...all) + 5), points };
  return all.length && (Math.max(...all) > Math.min(...all) || differs(music, lane)) ? lane : null;
}

export function drawLane(canvas: HTMLCanvasElement, width: number, music: Music, lane: Lane, shown: Shown, now: Theme): void {
  const context = sized(canvas, width, LANE);
  context.fillStyle = now.paper;
  context.fillRect(0, 0, width, LANE);
  const seen: string[] = [], named: [string, number, string | CanvasGradient | CanvasPattern][] = [];
  const order = music.sides.map((_, side) => side).sort((a, b) => Number(a === shown.side) - Number(b === shown.side));
  for (const side of order) {
    const points = lane.points[side] ?? [];
    const key = JSON.stringify(points);
    if (!points.length || (seen.includes(key) && side !== shown.side)) continue;
    seen.push(key);
    const name = music.sides[side]!;
    context.strokeStyle = side === shown.side ? now.ink : name === "theirs" ? now.by.theirs : name === "ours" || name === "after" ? now.by.ours : now.soft;
    context.lineWidth = side === shown.side ? 2 : 1.5;
    context.setLineDash(side === shown.side ? [] : name === "theirs" ? [2, 2] : name === "ours" ? [7, 2] : [1, 2]);
    stepped(context, points, width, lane, shown);
    if (differs(music, lane)) named.push([name, points[indexAt(points, shown.left / shown.zoom)]![1], context.strokeStyle]);
  }
  context.setLineDash([]);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "top";
  let x = 6;
  for (const [name, value, colour] of named) { // whose line it is, and where it stands at the left edge
    const words = `${name} ${Math.round(value * 100) / 100}`;
    context.fillStyle = now.paper;
    context.globalAlpha = 0.8;
    context.fillRect(x - 3, LANE / 2 - 9, context.measureText(words).width + 6, 17);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(words, x, LANE / 2 - 6);
    x += context.measureText(words).width + 14;
  }
}

function stepped(context: CanvasRenderingContext2D, points: [number, number][], width: number, lane: Lane, shown: Shown): void {
  const y = (value: number) => 2 + ((lane.high - value) / (lane.high - lane.low)) * (LANE - 4);
  context.beginPath();
  const first = Math.max(0, indexAt(points, shown.left / shown.zoom) - 1);
  for (let at = first; at < points.length; at++) {
    const px = points[at]![0] * shown.zoom - shown.left;
    if (at === first) context.moveTo(Math.max(px, -2), y(points[at]![1]));
    else { context.lineTo(px, y(points[at - 1]![1])); context.lineTo(px, y(points[at]![1])); }
    if (px > width) break;
    if (at === points.length - 1) context.lineTo(width, y(points[at]![1]));
  }
  context.stroke();
}

/** How loud every note in sight is, of the track that is looked at: a stem for each; what other versions have, hollow. */
export function drawVelocities(canvas: HTMLCanvasElement, width: number, roll: Roll, shown: Shown): number {
  const context = sized(canvas, width, LANE), now = roll.theme, { zoom, left } = shown, sides = roll.music.sides.length;
  context.fillStyle = now.paper;
  context.fillRect(0, 0, width, LANE);
  let stems = 0;
  for (const note of roll.index.between(left / zoom, (left + width) / zoom)) {
    const kind = kindOf(note[6], shown.side, sides);
    if (kind === null || !roll.kept(note, shown) || (shown.lead !== null && note[0] !== shown.lead)) continue;
    const x = note[3] * zoom - left, tall = (note[5] / 127) * (LANE - 8), edge = outline(kind, now);
    stems++;
    if (!hollow(kind)) { context.fillStyle = edge ?? trackColour(note[0], 100, now.dark); context.fillRect(x, LANE - tall, edge ? 3 : 2, tall); }
    if (edge === null) continue;
    context.strokeStyle = edge;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x + 1.5, LANE - tall, 3, 0, 7);
    context.stroke();
  }
  return stems;
}
