// Colours and patterns. Tracks differ by hue and by pattern, loudness is lightness; Okabe and Ito's palette.
import type { Kind } from "./kinds.ts";

export interface Theme {
  dark: boolean; paper: string; ink: string; soft: string; line: string; faint: string; black: string;
  key: string; onKey: string;
  by: Record<"ours" | "theirs" | "both" | "clash", string>;
}

export function theme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    paper: get("paper"), ink: get("ink"), soft: get("soft"), line: get("line"), faint: get("faint"), black: get("black-keys"), key: get("key"), onKey: get("on-key"),
    by: { ours: get("ours"), theirs: get("theirs"), both: get("both"), clash: get("clash") },
  };
}

/** Hue and saturation of a track. */
const TRACKS: [number, number][] = [[202, 90], [27, 95], [163, 85], [326, 45], [41, 95], [262, 50], [14, 60], [90, 45]];
const PATTERNS = ["solid", "rising", "dots", "level"] as const;
export type Pattern = (typeof PATTERNS)[number];

export function trackColour(track: number, velocity: number, dark: boolean): string {
  const [hue, saturation] = TRACKS[track % TRACKS.length]!;
  const loud = velocity / 127;
  const lightness = dark ? 30 + 40 * loud : 82 - 44 * loud;
  return `hsl(${hue} ${saturation}% ${lightness.toFixed(0)}%)`;
}

/** The edge of a track's notes: it stands out from the paper (3:1 and more) however soft they are. */
export function trackEdge(track: number, dark: boolean): string {
  const [hue, saturation] = TRACKS[track % TRACKS.length]!;
  return `hsl(${hue} ${saturation}% ${dark ? 68 : 31}%)`;
}

/** After as many tracks as there are hues the pattern changes too, so that no two of 32 look alike. */
export function trackPattern(track: number): Pattern {
  return PATTERNS[(track + Math.floor(track / TRACKS.length)) % PATTERNS.length]!;
}

export function outline(kind: Kind, now: Theme): string | null {
  switch (kind) {
    case "same": return null;
    case "ours": case "new": return now.by.ours;
    case "theirs": return now.by.theirs;
    case "both": return now.by.both;
    default: return now.by.clash;
  }
}

const made = new Map<string, CanvasPattern | null>();

export function hatch(context: CanvasRenderingContext2D, pattern: Pattern, colour: string): CanvasPattern | null {
  if (pattern === "solid") return null;
  const key = `${pattern} ${colour}`;
  if (!made.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const draw = tile.getContext("2d")!;
    draw.strokeStyle = draw.fillStyle = colour;
    draw.beginPath();
    if (pattern === "rising") { draw.moveTo(-1, 7); draw.lineTo(7, -1); draw.stroke(); }
    else if (pattern === "level") { draw.fillRect(0, 2, 6, 1); }
    else { draw.arc(3, 3, 1, 0, 7); draw.fill(); }
    made.set(key, context.createPattern(tile, "repeat"));
  }
  return made.get(key) ?? null;
}

/** A small square that shows a track's colour and pattern; it is drawn again when the theme changes. */
export function swatch(track: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas"), ratio = Math.min(2, devicePixelRatio || 1);
  canvas.className = "swatch";
  canvas.width = canvas.height = 14 * ratio;
  const draw = () => {
    const context = canvas.getContext("2d")!, now = theme();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = trackColour(track, 100, now.dark);
    context.fillRect(0, 0, 14, 14);
    const pattern = hatch(context, trackPattern(track), now.paper);
    if (pattern) { context.fillStyle = pattern; context.fillRect(0, 0, 14, 14); }
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return canvas;
}
