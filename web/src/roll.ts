// The piano roll on canvases: keyboard, ruler, notes, minimap. It draws what is in sight and nothing else.
import { NoteIndex, barStep, pitchSpan, rowHeight, type Span } from "./geometry.ts";
import { hollow, kindOf } from "./kinds.ts";
import { UNIT, type Music, type Note } from "./model.ts";
import { hatch, outline, theme, trackColour, trackPattern, type Theme } from "./paint.ts";
import { indexAt } from "./time.ts";
import { DRUM_CHANNEL, drumName, pitchName } from "./words.ts";

export const KEYBOARD = 84, RULER = 40, MINIMAP = 44;
const BLACK = new Set([1, 3, 6, 8, 10]);

export interface Shown { zoom: number; left: number; side: number; muted: Set<number>; solo: Set<number>; focus: Focus | null; loop: [number, number] | null; head: number | null; picks: (string | undefined)[]; at: number | null }
export interface Focus { from: number; to: number; low: number; high: number }

function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = Math.min(2, devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

export class Roll {
  readonly span: Span;
  readonly row: number;
  readonly height: number;
  readonly index: NoteIndex;
  private readonly drumsOnly: boolean;
  theme: Theme = theme();

  constructor(readonly music: Music, wanted: number) {
    this.span = pitchSpan(music.notes);
    this.row = rowHeight(this.span, wanted);
    this.height = (this.span.high - this.span.low + 1) * this.row;
    this.index = new NoteIndex(music.notes);
    this.drumsOnly = music.notes.length > 0 && music.notes.every((note) => note[1] === DRUM_CHANNEL);
  }

  y(pitch: number): number { return (this.span.high - pitch) * this.row; }

  audible(track: number, shown: Shown): boolean {
    return shown.solo.size ? shown.solo.has(track) : !shown.muted.has(track);
  }

  /** The topmost note under a point of the picture, seen by version `side`; notes that it has come first. */
  hit(x: number, y: number, shown: Shown): Note | null {
    const pitch = this.span.high - Math.floor(y / this.row);
    const air = 3 / shown.zoom;
    let found: Note | null = null;
    for (const note of this.index.between(x - air, x + air)) {
      if (note[2] !== pitch || !this.audible(note[0], shown) || kindOf(note[6], shown.side, this.music.sides.length) === null) continue;
      if (found === null || ((note[6] >> shown.side) & 1) > ((found[6] >> shown.side) & 1)) found = note;
    }
    return found;
  }

  drawNotes(canvas: HTMLCanvasElement, width: number, shown: Shown): number {
    const context = sized(canvas, width, this.height), now = this.theme, { zoom, left } = shown;
    context.fillStyle = now.paper;
    context.fillRect(0, 0, width, this.height);
    this.grid(context, width, shown);
    const sides = this.music.sides.length;
    const later: [Note, string, boolean][] = [];
    const filled = new Set<string>();
    const spot = (note: Note) => `${note[0]} ${note[2]} ${note[3]} ${note[4]}`;
    let drawn = 0;
    for (const note of this.index.between(left / zoom, (left + width) / zoom)) {
      const kind = kindOf(note[6], shown.side, sides);
      if (kind === null || !this.audible(note[0], shown)) continue;
      drawn++;
      const edge = outline(kind, now);
      if (!hollow(kind)) {
        this.fill(context, note, shown, kind === "same" ? 0.62 : 1);
        filled.add(spot(note));
      }
      if (edge !== null) later.push([note, edge, hollow(kind) || kind === "goes"]);
    }
    for (const [note, edge, dashed] of later) {
      if (dashed && filled.has(spot(note)) && hollow(kindOf(note[6], shown.side, sides)!)) continue; // only its velocity changed
      context.strokeStyle = edge;
      context.lineWidth = 2;
      context.setLineDash(dashed ? [3, 2] : []);
      context.strokeRect(note[3] * zoom - left, this.y(note[2]) + 1, Math.max(3, note[4] * zoom - 1), this.row - 2);
    }
    context.setLineDash([]);
    this.overlays(context, width, shown);
    return drawn;
  }

  private fill(context: CanvasRenderingContext2D, note: Note, shown: Shown, alpha: number): void {
    const x = note[3] * shown.zoom - shown.left, wide = Math.max(2, note[4] * shown.zoom - 1), y = this.y(note[2]) + 1;
    context.globalAlpha = alpha;
    context.fillStyle = trackColour(note[0], note[5], this.theme.dark);
    context.fillRect(x, y, wide, this.row - 2);
    if (wide >= 6 && this.row >= 6) {
      const pattern = hatch(context, trackPattern(note[0]), this.theme.paper);
      if (pattern) { context.fillStyle = pattern; context.fillRect(x, y, wide, this.row - 2); }
    }
    context.globalAlpha = 1;
  }

  private grid(context: CanvasRenderingContext2D, width: number, { zoom, left }: Shown): void {
    const now = this.theme;
    context.fillStyle = now.black;
    for (let pitch = this.span.low; pitch <= this.span.high; pitch++) {
      if (BLACK.has(pitch % 12)) context.fillRect(0, this.y(pitch), width, this.row);
    }
    context.fillStyle = now.line;
    for (let pitch = this.span.low; pitch <= this.span.high; pitch++) {
      if (pitch % 12 === 0) context.fillRect(0, this.y(pitch) + this.row - 1, width, 1);
    }
    const bars = this.music.bars, step = barStep(bars, zoom, 6);
    for (let at = indexAt(bars, left / zoom); at < bars.length; at++) {
      const [x, number, beat] = bars[at]!;
      const px = x * zoom - left;
      if (px > width) break;
      if (number % step === 0 || step === 1) { context.fillStyle = now.line; context.fillRect(Math.round(px), 0, 1, this.height); }
      const end = bars[at + 1]?.[0] ?? x + beat * 4;
      for (const [size, least] of [[beat, 14], [beat / 4, 14]] as const) {
        if (size * zoom < least) continue;
        context.fillStyle = now.faint;
        for (let inside = x + size; inside < end - 0.01; inside += size) context.fillRect(Math.round(inside * zoom - left), 0, 1, this.height);
      }
    }
  }

  private overlays(context: CanvasRenderingContext2D, width: number, shown: Shown): void {
    const { zoom, left, focus, loop, head } = shown, now = this.theme;
    if (loop) {
      context.fillStyle = now.by.both;
      context.globalAlpha = 0.12;
      context.fillRect(loop[0] * zoom - left, 0, (loop[1] - loop[0]) * zoom, this.height);
      context.globalAlpha = 1;
    }
    for (const [number, x, pitch] of this.music.marks) {
      const px = x * zoom - left;
      if (px < -40 || px > width + 40) continue;
      context.strokeStyle = now.by.clash;
      context.lineWidth = shown.at === number ? 4 : 2;
      if (pitch === null) { context.beginPath(); context.moveTo(px, 0); context.lineTo(px, this.height); context.stroke(); }
      else context.strokeRect(px - 4, this.y(pitch) - 3, Math.max(16, UNIT * zoom) + 8, this.row + 6);
      const pick = shown.picks[number];
      if (pick && pick !== "base") { context.fillStyle = now.by[pick === "theirs" ? "theirs" : "ours"]; context.fillRect(px - 4, pitch === null ? 0 : this.y(pitch) - 9, 10, 6); }
    }
    if (focus) {
      context.strokeStyle = now.ink;
      context.lineWidth = 1.5;
      context.setLineDash([6, 3]);
      context.strokeRect(focus.from * zoom - left - 4, this.y(focus.high) - 4, (focus.to - focus.from) * zoom + 8, (focus.high - focus.low + 1) * this.row + 8);
      context.setLineDash([]);
    }
    if (head !== null) { context.fillStyle = now.ink; context.fillRect(head * zoom - left, 0, 1.5, this.height); }
  }

  drawKeyboard(canvas: HTMLCanvasElement): void {
    const context = sized(canvas, KEYBOARD, this.height), now = this.theme;
    context.fillStyle = now.paper;
    context.fillRect(0, 0, KEYBOARD, this.height);
    context.font = `${Math.min(11, this.row + 2)}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    for (let pitch = this.span.low; pitch <= this.span.high; pitch++) {
      const y = this.y(pitch), black = BLACK.has(pitch % 12);
      context.fillStyle = black && !this.drumsOnly ? now.ink : now.paper;
      if (black && !this.drumsOnly) context.fillRect(KEYBOARD - 40, y, 26, this.row);
      context.fillStyle = now.line;
      if (pitch % 12 === 0 || pitch % 12 === 5 || this.drumsOnly) context.fillRect(this.drumsOnly ? 0 : KEYBOARD - 40, y + this.row - 1, 40, 1);
      if (this.drumsOnly ? this.row >= 8 : pitch % 12 === 0) {
        context.fillStyle = now.ink;
        context.fillText(this.drumsOnly ? drumName(pitch) : pitchName(pitch), 4, y + this.row / 2, KEYBOARD - (this.drumsOnly ? 6 : 46));
      }
    }
    context.fillStyle = now.line;
    context.fillRect(KEYBOARD - 1, 0, 1, this.height);
  }

  drawRuler(canvas: HTMLCanvasElement, width: number, shown: Shown): void {
    const context = sized(canvas, width, RULER), now = this.theme, { zoom, left } = shown;
    context.fillStyle = now.paper;
    context.fillRect(0, 0, width, RULER);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "top";
    const bars = this.music.bars, step = barStep(bars, zoom, 34);
    for (let at = indexAt(bars, left / zoom); at < bars.length; at++) {
      const [x, number] = bars[at]!, px = x * zoom - left;
      if (px > width) break;
      if ((number - 1) % step !== 0) continue;
      context.fillStyle = now.line;
      context.fillRect(Math.round(px), 0, 1, RULER);
      context.fillStyle = now.ink;
      context.fillText(String(number), px + 3, 3);
    }
    const all = (1 << this.music.sides.length) - 1;
    let free = -Infinity;
    for (const [x, text, have] of this.music.signs) {
      const px = x * zoom - left;
      if (px > width) break;
      const differs = have !== all;
      if (px < -400 || (px < free && !differs)) continue;
      const short = text.length > 24 ? `${text.slice(0, 23)}…` : text;
      context.fillStyle = differs ? now.by.clash : now.soft;
      context.fillText(short, Math.max(px, 0) + 3, 21);
      free = Math.max(px, 0) + context.measureText(short).width + 12;
    }
    context.fillStyle = now.line;
    context.fillRect(0, RULER - 1, width, 1);
  }

  drawMinimap(canvas: HTMLCanvasElement, width: number, shown: Shown, visible: number): void {
    const context = sized(canvas, width, MINIMAP), now = this.theme, music = this.music;
    const scale = width / Math.max(1, music.width), rows = (MINIMAP - 4) / (this.span.high - this.span.low + 1);
    context.fillStyle = now.black;
    context.fillRect(0, 0, width, MINIMAP);
    const all = (1 << music.sides.length) - 1;
    for (const pass of [0, 1]) {
      for (const note of music.notes) {
        const changed = note[6] !== all;
        if (Number(changed) !== pass) continue;
        context.fillStyle = changed ? now.by.clash : now.soft;
        const tall = changed ? Math.max(2, rows) : Math.max(1, rows);
        context.fillRect(note[3] * scale, 2 + (this.span.high - note[2]) * rows, Math.max(1, note[4] * scale), tall);
      }
    }
    context.fillStyle = now.by.clash;
    for (const [, x] of music.marks) context.fillRect(x * scale - 1, 0, 3, MINIMAP);
    context.strokeStyle = now.ink;
    context.lineWidth = 1.5;
    context.strokeRect((shown.left / shown.zoom) * scale, 0.75, Math.max(6, (visible / shown.zoom) * scale), MINIMAP - 1.5);
    if (shown.head !== null) { context.fillStyle = now.ink; context.fillRect(shown.head * scale, 0, 1.5, MINIMAP); }
  }
}

/** One controller, every version that differs as a stepped line of its own dash. */
export function drawLane(canvas: HTMLCanvasElement, width: number, music: Music, number: number, shown: Shown, now: Theme): void {
  const height = 52, lane = music.lanes[number]!, context = sized(canvas, width, height);
  context.fillStyle = now.paper;
  context.fillRect(0, 0, width, height);
  const seen: string[] = [];
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
    const y = (value: number) => 2 + ((lane.high - value) / (lane.high - lane.low)) * (height - 4);
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
  context.setLineDash([]);
}
