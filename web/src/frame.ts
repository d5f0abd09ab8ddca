// What stands around the roll: keyboard, ruler, minimap.
import { MINIMAP, RULER, isBlack, keyboardWidth, sized, type Shown } from "./canvas.ts";
import { Line, barStep } from "./geometry.ts";
import type { Music } from "./model.ts";
import type { Roll } from "./roll.ts";
import { indexAt } from "./time.ts";
import { drumName, pitchName } from "./words.ts";

const keyboards = new WeakMap<HTMLCanvasElement, string>();

/** The keyboard is as it was while nothing but time is scrolled. */
export function drawKeyboard(canvas: HTMLCanvasElement, roll: Roll, shown: Shown): void {
  const keys = keyboardWidth(), key = JSON.stringify([keys, shown.row, shown.top, shown.height, roll.drums(shown), roll.span, roll.theme.dark, devicePixelRatio]);
  if (keyboards.get(canvas) === key) return;
  keyboards.set(canvas, key);
  const context = sized(canvas, keys, shown.height), now = roll.theme, { row } = shown, drums = roll.drums(shown);
  context.fillStyle = now.paper;
  context.fillRect(0, 0, keys, shown.height);
  context.font = `${Math.min(11, row)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let pitch = roll.span.low; pitch <= roll.span.high; pitch++) {
    const y = roll.y(pitch, shown), black = isBlack(pitch) && !drums;
    if (y < -row || y > shown.height) continue;
    const named = drums ? row >= 8 && drumName(pitch) : pitch % 12 === 0 || row >= 11 ? pitchName(pitch, roll.music.flats) : "";
    context.fillStyle = now.line;
    if (drums || pitch % 12 === 0 || pitch % 12 === 5) context.fillRect(0, y + row - 1, keys, 1);
    if (black) { context.fillStyle = now.key; context.fillRect(0, y, keys * 0.6, row); }
    if (!named) continue;
    context.fillStyle = black ? now.onKey : pitch % 12 === 0 && !drums ? now.ink : now.soft;
    context.fillText(named, black ? keys * 0.6 - 4 : keys - 5, y + row / 2 + 0.5, black ? keys * 0.6 - 6 : keys - 8);
  }
  context.fillStyle = now.line;
  context.fillRect(keys - 1, 0, 1, shown.height);
}

export function drawRuler(canvas: HTMLCanvasElement, width: number, roll: Roll, shown: Shown): void {
  const context = sized(canvas, width, RULER), now = roll.theme, { zoom, left } = shown, music = roll.music;
  context.fillStyle = now.paper;
  context.fillRect(0, 0, width, RULER);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "top";
  const bars = music.bars, step = barStep(bars, zoom, 34), numbers = new Line();
  for (let at = indexAt(bars, left / zoom); at < bars.length; at++) {
    const [x, number] = bars[at]!, px = x * zoom - left;
    if (px > width) break;
    if ((number - 1) % step !== 0) continue;
    context.fillStyle = now.line;
    context.fillRect(Math.round(px), 0, 1, RULER);
    context.fillStyle = now.ink;
    if (numbers.place(px, px + context.measureText(String(number)).width + 8)) context.fillText(String(number), px + 3, 3);
  }
  const all = (1 << music.sides.length) - 1, line = new Line();
  const inSight = music.signs.filter(([x]) => x * zoom - left > -200 && x * zoom - left < width);
  for (const [x, text, have] of [...inSight.filter((sign) => sign[2] !== all), ...inSight.filter((sign) => sign[2] === all)]) {
    const px = x * zoom - left, short = text.length > 24 ? `${text.slice(0, 23)}…` : text, long = context.measureText(short).width;
    if (px + long < 0) continue;
    context.fillStyle = have !== all ? now.by.clash : now.soft;
    if (line.place(px, px + long + 12)) context.fillText(short, px + 3, 21);
    else context.fillRect(px, 34, 2, 5); // there is more than can be written
  }
  context.fillStyle = now.line;
  context.fillRect(0, RULER - 1, width, 1);
}

export function drawMinimap(canvas: HTMLCanvasElement, width: number, roll: Roll, shown: Shown, visible: number): void {
  const context = sized(canvas, width, MINIMAP), now = roll.theme, music = roll.music;
  const scale = width / Math.max(1, music.width);
  context.drawImage(whole(roll, width, scale), 0, 0, width, MINIMAP);
  roll.spots.forEach((each, number) => {
    if (!each) return;
    context.fillStyle = shown.decided[number] ? now.by.both : now.by.clash;
    context.fillRect(each.from * scale - 1, 0, Math.max(3, (each.to - each.from) * scale), 5);
    context.fillRect(each.from * scale - 1, MINIMAP - 5, Math.max(3, (each.to - each.from) * scale), 5);
  });
  context.strokeStyle = now.ink;
  context.lineWidth = 1.5;
  const from = (shown.left / shown.zoom) * scale, wide = Math.max(6, (visible / shown.zoom) * scale);
  context.globalAlpha = 0.12;
  context.fillStyle = now.ink;
  context.fillRect(from, 0, wide, MINIMAP);
  context.globalAlpha = 1;
  context.strokeRect(from, 0.75, wide, MINIMAP - 1.5);
  if (shown.head !== null) { context.fillStyle = now.ink; context.fillRect(shown.head * scale, 0, 1.5, MINIMAP); }
}

const kept = new WeakMap<Music, { key: string; picture: HTMLCanvasElement }>();

/** The notes of the whole piece, drawn once for each width and theme. */
function whole(roll: Roll, width: number, scale: number): HTMLCanvasElement {
  const { music, theme: now, span } = roll, key = `${width} ${now.dark}`, known = kept.get(music);
  if (known?.key === key) return known.picture;
  const picture = document.createElement("canvas"), context = sized(picture, width, MINIMAP);
  const rows = (MINIMAP - 4) / (span.high - span.low + 1), all = (1 << music.sides.length) - 1;
  context.fillStyle = now.black;
  context.fillRect(0, 0, width, MINIMAP);
  for (const pass of [false, true]) {
    context.fillStyle = pass ? now.by.clash : now.soft;
    for (const note of music.notes) {
      if ((note[6] !== all) !== pass) continue;
      context.fillRect(note[3] * scale, 2 + (span.high - note[2]) * rows, Math.max(1, note[4] * scale), Math.max(pass ? 2 : 1, rows));
    }
  }
  kept.set(music, { key, picture });
  return picture;
}
