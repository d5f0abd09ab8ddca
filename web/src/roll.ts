// The notes of the piano roll on a canvas. It draws what is in sight and nothing else.
import { isBlack, sized, type Shown } from "./canvas.ts";
import { spot, type Spot } from "./decisions.ts";
import { NoteIndex, barStep, pitchSpan, type Span } from "./geometry.ts";
import { hollow, kindOf, whoseIs, type Kind } from "./kinds.ts";
import type { Group, Music, Note } from "./model.ts";
import { hatch, outline, theme, trackColour, trackEdge, trackPattern, type Theme } from "./paint.ts";
import { indexAt } from "./time.ts";
import { DRUM_CHANNEL } from "./words.ts";

export class Roll {
  readonly span: Span;
  readonly index: NoteIndex;
  readonly spots: (Spot | null)[];
  private readonly drumsOnly: boolean;
  theme: Theme = theme();

  constructor(readonly music: Music, groups: readonly Group[]) {
    this.span = pitchSpan(music.notes);
    this.index = new NoteIndex(music.notes);
    this.spots = groups.map((group) => spot(music, group));
    this.drumsOnly = music.notes.length > 0 && music.notes.every((note) => note[1] === DRUM_CHANNEL);
  }

  /** Pixels of all pitches together. */
  tall(shown: Shown): number { return (this.span.high - this.span.low + 1) * shown.row; }

  /** The top of a pitch's row, in pixels of the picture. */
  y(pitch: number, shown: Shown): number { return (this.span.high - pitch) * shown.row - shown.top; }

  /** True while rows stand for drums: nothing else is there, or a drum track is looked at. */
  drums(shown: Shown): boolean { return this.drumsOnly || (shown.lead !== null && this.music.tracks[shown.lead]?.channel === DRUM_CHANNEL); }

  /** True for a note that has a place in the picture: where rows stand for drums, a pitch has none. */
  private placed(note: Note, shown: Shown): boolean {
    return this.kept(note, shown) && (note[1] === DRUM_CHANNEL || !this.drums(shown));
  }

  audible(track: number, shown: Shown): boolean {
    return shown.solo.size ? shown.solo.has(track) : !shown.muted.has(track);
  }

  /** True for a note that is to be seen, heard and listed: its track is on, and whose it is. */
  kept(note: Note, shown: Shown): boolean {
    return this.audible(note[0], shown) && !(shown.hidden.size && shown.hidden.has(whoseIs(note[6], this.music.sides.length)));
  }

  /** The topmost note under a point of the picture, seen by the version shown; notes that it has come first. A finger
   * covers some pixels more: then the note that is nearest. */
  hit(x: number, y: number, shown: Shown, finger = 0): Note | null {
    const air = Math.max(3, finger) / shown.zoom;
    let found: Note | null = null, near = Infinity;
    for (const note of this.index.between(x - air, x + air)) {
      const top = this.y(note[2], shown), away = Math.max(0, top - y, y - top - shown.row);
      if (away > finger || (!finger && y === top + shown.row) || !this.placed(note, shown) || kindOf(note[6], shown.side, this.music.sides.length) === null) continue;
      if (away > near || (away === near && found !== null && this.weight(note, shown) <= this.weight(found, shown))) continue;
      [found, near] = [note, away];
    }
    return found;
  }

  /** How many notes that not every version has lie in a rectangle of the picture, whatever version is shown. */
  changedIn(x: number, y: number, wide: number, tall: number, shown: Shown): number {
    const all = (1 << this.music.sides.length) - 1, { zoom, left } = shown;
    let found = 0;
    for (const note of this.index.between((left + x) / zoom, (left + x + wide) / zoom)) {
      const top = this.y(note[2], shown);
      if (note[6] !== all && top + shown.row > y && top < y + tall && this.placed(note, shown)) found++;
    }
    return found;
  }

  private weight(note: Note, shown: Shown): number { return 2 * ((note[6] >> shown.side) & 1) + Number(note[0] === shown.lead); }

  draw(canvas: HTMLCanvasElement, width: number, shown: Shown): number {
    const context = sized(canvas, width, shown.height), now = this.theme, { zoom, left } = shown;
    context.fillStyle = now.paper;
    context.fillRect(0, 0, width, shown.height);
    this.grid(context, width, shown);
    this.absent(context, width, shown);
    const sides = this.music.sides.length;
    const changed: [Note, Kind][] = [], lead: Note[] = [];
    let drawn = 0;
    for (const note of this.index.between(left / zoom, (left + width) / zoom)) {
      const kind = kindOf(note[6], shown.side, sides), y = this.y(note[2], shown);
      if (kind === null || !this.placed(note, shown)) continue;
      drawn++;
      if (y < -shown.row || y > shown.height) continue;
      if (kind !== "same") changed.push([note, kind]);
      else if (note[0] === shown.lead) lead.push(note);
      else this.fill(context, note, shown, shown.lead === null ? 0.75 : 0.35);
    }
    for (const note of lead) this.fill(context, note, shown, 0.85);
    this.drawChanged(context, changed, shown);
    this.overlays(context, width, shown);
    return drawn;
  }

  private drawChanged(context: CanvasRenderingContext2D, changed: [Note, Kind][], shown: Shown): void {
    const filled = new Set<string>(), any = changed.some(([, kind]) => hollow(kind)), at = (note: Note) => `${note[0]} ${note[2]} ${note[3]} ${note[4]}`;
    for (const [note, kind] of changed) if (!hollow(kind)) { this.fill(context, note, shown, 1, false); if (any) filled.add(at(note)); }
    for (const [note, kind] of changed) {
      if (hollow(kind) && filled.has(at(note))) continue; // only its velocity changed
      context.strokeStyle = outline(kind, this.theme)!;
      context.lineWidth = 2;
      context.setLineDash(hollow(kind) || kind === "goes" ? [3, 2] : []);
      const x = note[3] * shown.zoom - shown.left, y = this.y(note[2], shown), wide = Math.max(3, note[4] * shown.zoom - 2), tall = shown.row - 2;
      context.strokeRect(x + 1, y + 1, wide, tall);
      if (hollow(kind) || wide < 8 || tall < 7) continue;
      context.lineWidth = 1; // a rim of paper: an outline is seen on a note of its own colour too
      context.setLineDash([]);
      context.strokeStyle = this.theme.paper;
      context.strokeRect(x + 2.5, y + 2.5, wide - 3, tall - 3);
    }
    context.setLineDash([]);
  }

  private fill(context: CanvasRenderingContext2D, note: Note, shown: Shown, alpha: number, edge = true): void {
    const x = note[3] * shown.zoom - shown.left, wide = Math.max(2, note[4] * shown.zoom - 1), y = this.y(note[2], shown) + 1;
    const tall = Math.max(1, shown.row - 2);
    context.globalAlpha = alpha;
    context.fillStyle = trackColour(note[0], note[5], this.theme.dark);
    context.fillRect(x, y, wide, tall);
    if (wide >= 6 && shown.row >= 6) {
      const pattern = hatch(context, trackPattern(note[0]), this.theme.paper);
      if (pattern) { context.fillStyle = pattern; context.fillRect(x, y, wide, tall); }
    }
    if (edge && wide >= 3 && tall >= 4) {
      context.lineWidth = 1;
      context.strokeStyle = trackEdge(note[0], this.theme.dark);
      context.strokeRect(x + 0.5, y + 0.5, wide - 1, tall - 1);
    }
    context.globalAlpha = 1;
  }

  private grid(context: CanvasRenderingContext2D, width: number, shown: Shown): void {
    const now = this.theme, { zoom, left, row } = shown;
    for (let pitch = this.span.low; pitch <= this.span.high; pitch++) {
      const y = this.y(pitch, shown);
      if (y < -row || y > shown.height) continue;
      if (isBlack(pitch) && !this.drums(shown)) { context.fillStyle = now.black; context.fillRect(0, y, width, row); }
      if (pitch % 12 === 0 || this.drums(shown)) { context.fillStyle = pitch % 12 === 0 ? now.line : now.faint; context.fillRect(0, y + row - 1, width, 1); }
    }
    const bars = this.music.bars, step = barStep(bars, zoom, 6);
    for (let at = indexAt(bars, left / zoom); at < bars.length; at++) {
      const [x, number, beat] = bars[at]!;
      const px = x * zoom - left;
      if (px > width) break;
      if (number % step === 0 || step === 1) { context.fillStyle = now.line; context.fillRect(Math.round(px), 0, 1, shown.height); }
      const end = bars[at + 1]?.[0] ?? x + beat * 4;
      for (const [size, least] of [[beat, 14], [beat / 4, 14]] as const) {
        if (size * zoom < least) continue;
        context.fillStyle = now.faint;
        for (let inside = x + size; inside < end - 0.01; inside += size) context.fillRect(Math.round(inside * zoom - left), 0, 1, shown.height);
      }
    }
  }

  /** Bars that the version shown has not, while another one does: hatched, and said. */
  private absent(context: CanvasRenderingContext2D, width: number, shown: Shown): void {
    const now = this.theme, name = this.music.sides[shown.side]!;
    for (const [from, to] of this.music.gaps[shown.side] ?? []) {
      const x = from * shown.zoom - shown.left, wide = (to - from) * shown.zoom, words = `not in ${name}`;
      if (x > width || x + wide < 0) continue;
      context.fillStyle = hatch(context, "rising", now.line) ?? now.faint;
      context.fillRect(x, 0, wide, shown.height);
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "bottom";
      const long = context.measureText(words).width, at = Math.max(x + 4, 4);
      if (at + long > x + wide) continue;
      context.fillStyle = now.paper;
      context.fillRect(at - 2, shown.height - 18, long + 4, 16);
      context.fillStyle = now.soft;
      context.fillText(words, at, shown.height - 4);
    }
  }

  private overlays(context: CanvasRenderingContext2D, width: number, shown: Shown): void {
    const { zoom, left, focus, loop, head } = shown, now = this.theme;
    if (loop) {
      context.fillStyle = now.by.both;
      context.globalAlpha = 0.12;
      context.fillRect(loop[0] * zoom - left, 0, (loop[1] - loop[0]) * zoom, shown.height);
      context.globalAlpha = 1;
    }
    this.spots.forEach((each, number) => { if (each) this.frame(context, each, number, width, shown); });
    if (focus) {
      context.strokeStyle = now.ink;
      context.lineWidth = 1.5;
      context.setLineDash([6, 3]);
      context.strokeRect(focus.from * zoom - left - 4, this.y(focus.high, shown) - 4, (focus.to - focus.from) * zoom + 8, (focus.high - focus.low + 1) * shown.row + 8);
      context.setLineDash([]);
    }
    if (head !== null) { context.fillStyle = now.ink; context.fillRect(head * zoom - left, 0, 1.5, shown.height); }
  }

  /** The box of a decision in the picture; full height where it is about no notes. */
  box(each: Spot, shown: Shown): { x: number; y: number; width: number; height: number } {
    const x = each.from * shown.zoom - shown.left - 4, wide = (each.to - each.from) * shown.zoom + 8;
    if (each.whole) return { x, y: 2, width: wide, height: shown.height - 4 };
    return { x, y: this.y(each.high, shown) - 4, width: wide, height: (each.high - each.low + 1) * shown.row + 8 };
  }

  private frame(context: CanvasRenderingContext2D, each: Spot, number: number, width: number, shown: Shown): void {
    const { x, y, width: wide, height } = this.box(each, shown), now = this.theme;
    if (x > width || x + wide < 0) return;
    const choice = shown.decided[number];
    context.strokeStyle = choice === "ours" ? now.by.ours : choice === "theirs" ? now.by.theirs : choice ? now.by.both : now.by.clash;
    context.fillStyle = context.strokeStyle;
    context.globalAlpha = 0.08;
    context.fillRect(x, y, wide, height);
    context.globalAlpha = 1;
    context.lineWidth = shown.at === number ? 4 : 2;
    context.strokeRect(x, y, wide, height);
  }
}
