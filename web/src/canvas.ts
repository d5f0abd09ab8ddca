// A canvas as sharp as the screen, and what of a piece is shown on it.
import type { Whose } from "./kinds.ts";

export const RULER = 40, MINIMAP = 44;

/** How wide the keyboard is: `--keys` of the style, narrower on a telephone. */
export const keyboardWidth = (): number => parseInt(getComputedStyle(document.documentElement).getPropertyValue("--keys"), 10);

export interface Focus { from: number; to: number; low: number; high: number }

/** `zoom`: pixels per unit; `left`, `top`: pixels scrolled; `row`: pixels per pitch; `height`: pixels of roll in sight;
 * `lead`: the track that is looked at; `muted`, `solo`, `hidden`: what is neither seen, heard nor listed; `decided`: the choice of each decision; `at`: the decision that is looked at. */
export interface Shown {
  zoom: number; left: number; top: number; row: number; height: number; side: number; lead: number | null;
  muted: Set<number>; solo: Set<number>; hidden: Set<Whose>; focus: Focus | null; loop: [number, number] | null; head: number | null;
  decided: (string | undefined)[]; at: number | null;
}

export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
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

export const isBlack = (pitch: number): boolean => [1, 3, 6, 8, 10].includes(pitch % 12);
