// The parts of a piece's view that stand still: buttons, tracks, legend.
import { el } from "./dom.ts";
import { kindOf, type Kind } from "./kinds.ts";
import type { Music } from "./model.ts";
import { swatch } from "./paint.ts";

export type Press = (what: "solo" | "muted", track: number) => void;

export function button(text: string, label: string, act: () => void, kind = ""): HTMLButtonElement {
  return el("button", { type: "button", class: kind, "aria-label": label, title: label, click: act }, text);
}

/** Every track with its colour and pattern, name, solo and mute; an instrument that the name does not say. */
export function tracks(music: Music, press: Press, look: (track: number) => void): HTMLElement {
  return el("div", { class: "tracks", role: "group", "aria-label": "tracks" }, ...music.tracks.flatMap((track, index) => {
    if (!music.notes.some((note) => note[0] === index)) return [];
    const act = (what: "solo" | "muted") => () => press(what, index);
    return [el("span", { class: "track", "data-track": String(index) },
      swatch(index), el("button", { type: "button", class: "name", title: `${track.instrument}; look at this track`, "aria-pressed": "false", click: () => look(index) }, track.name),
      el("button", { type: "button", class: "solo", "aria-pressed": "false", "aria-label": `solo ${track.name}`, title: "solo: see, hear and list this track alone", click: act("solo") }, "S"),
      el("button", { type: "button", class: "mute", "aria-pressed": "false", "aria-label": `mute ${track.name}`, title: "mute: do not see, hear or list this track", click: act("muted") }, "M"))];
  }));
}

/** How fast it plays, in percent of what is written. */
export const PACES = [50, 60, 70, 80, 90, 100, 110, 125, 150, 200] as const;

export function pace(act: (percent: number) => void): HTMLSelectElement {
  return el("select", { class: "pace", "aria-label": "tempo", title: "tempo (< slower, > faster)", change: (event: Event) => act(Number((event.target as HTMLSelectElement).value)) },
    ...PACES.map((each) => el("option", { value: String(each), selected: each === 100 }, `${each} %`)));
}

const KEYS: [string, string][] = [
  ["space", "play or stop"], ["n p", "next, previous change"], ["1 2 3 4", "version"], ["x", "the other version, at the same place"],
  ["l", "loop the change"], ["< >", "slower, faster"], ["+ - 0", "narrower, wider, whole piece"], ["[ ]", "rows lower, taller"], ["← → ↑ ↓", "scroll"],
];
const CHOOSING: [string, string][] = [["c", "next open conflict"], ["o t b", "keep ours, theirs, base"], ["u", "undo"], ["s", "save"]];

/** What a dashed outline means; the others stand on the buttons that show and hide. */
const DASHED: [Kind, string][] = [["gone", "not in the version shown"], ["goes", "changed or removed later"]];

export function legend(music: Music, choosing: boolean): HTMLElement {
  const used = new Set(music.sides.flatMap((_, side) => music.notes.map((note) => kindOf(note[6], side, music.sides.length))));
  const keys = [...KEYS, ...(choosing ? CHOOSING : [])];
  return el("div", { class: "legend" },
    el("ul", {}, ...DASHED.filter(([kind]) => used.has(kind)).map(([kind, words]) => el("li", {}, el("i", { class: `kind ${kind}` }), words))),
    el("details", {}, el("summary", {}, "Keys (?)"), el("dl", {}, ...keys.flatMap(([key, words]) => [el("dt", {}, key), el("dd", {}, words)]))));
}
