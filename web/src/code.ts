// Code in panes, line by line. Its colours come from a script of their own (syntax.ts), which only pages with code carry.
import { inWords, type Choices } from "./choices.ts";
import { el } from "./dom.ts";
import type { Conflict, Offer } from "./model.ts";

export type Token = [kind: string, text: string];
type Colour = (text: string, path: string) => Token[];

const plain: Colour = (text) => [["", text]];
const colour = (): Colour => (globalThis as { museColour?: Colour }).museColour ?? plain;

/** Tokens cut at the ends of lines. */
export function linesOf(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [[]];
  for (const [kind, text] of tokens) {
    text.split("\n").forEach((part, at) => {
      if (at) lines.push([]);
      if (part) lines[lines.length - 1]!.push([kind, part]);
    });
  }
  if (lines.length > 1 && !lines[lines.length - 1]!.length) lines.pop();
  return lines;
}

const nodes = (line: readonly Token[]): Node[] => line.map(([kind, text]) => (kind ? el("span", { class: `t-${kind}` }, text) : document.createTextNode(text)));

export function colouredLine(line: string, path: string): Node[] { return nodes(colour()(line, path)); }

/** A text in a frame; lines that `than` does not have are marked. */
function pane(name: string, text: string, than: string | null, path: string): HTMLElement {
  const known = new Set((than ?? "").split("\n").map((line) => line.trim()));
  const kind = (line: string) => (than !== null && line.trim() && !known.has(line.trim()) ? (name === "base" ? "del" : "add") : "same");
  const raw = text.split("\n");
  const rows = linesOf(colour()(text, path)).map((line, at) => el("span", { class: kind(raw[at] ?? "") }, ...nodes(line), "\n"));
  return el("figure", { class: `pane ${name}` }, el("figcaption", {}, name), el("pre", { class: "lines", tabindex: "0" }, ...(text ? rows : [el("em", {}, "(nothing)")])));
}

/** Three panes, ours and theirs beside what both began with. */
export function panes(texts: { base: string; ours: string; theirs: string }, path: string): HTMLElement {
  return el("div", { class: "panes" }, pane("ours", texts.ours, texts.base, path), pane("base", texts.base, `${texts.ours}\n${texts.theirs}`, path), pane("theirs", texts.theirs, texts.base, path));
}

/** What is suggested, best first, each to be taken by a click; the first shows its text. */
export function suggestions(offers: readonly Offer[], index: number, path: string, choices: Choices | null): HTMLElement | null {
  if (!offers.length) return null;
  return el("div", { class: "offers" }, el("h4", {}, "Suggestions"), ...offers.map((offer, at) => el("details", { open: at === 0 },
    el("summary", {}, choices ? el("button", { type: "button", class: "take", "data-choice": offer.choice, click: (event: Event) => { event.preventDefault(); choices.choose([index], offer.choice); } }, `Take ${inWords(offer.choice)}`) : `${offer.name} `,
      el("span", { class: "sure" }, ` ${Math.round(offer.sure * 100)} % likely: ${offer.reason}`)),
    el("pre", { class: "lines" }, ...linesOf(colour()(offer.text, path)).map((line) => el("span", {}, ...nodes(line), "\n"))))));
}

/** The choices that a conflict takes, in the order they are offered. */
export function options(conflict: Conflict): string[] {
  const more = [...(conflict.both ? ["both"] : []), ...conflict.offers.map((offer) => offer.choice)];
  return [...new Set(["ours", "theirs", "base", ...more])];
}
