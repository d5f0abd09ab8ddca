// The list of what is to settle: one row for each decision, opened into its conflicts when wanted.
import { inWords, type Choices } from "./choices.ts";
import { options, panes, suggestions } from "./code.ts";
import { el } from "./dom.ts";
import type { Conflict, File, Group } from "./model.ts";
import { count } from "./words.ts";

export interface Goes { group(number: number): void; conflict(index: number): void; hear: ((side: string, group: number) => void) | null }

const SAID = ["ours", "theirs", "base"] as const;

/** The list; with `choices`, to be settled here. */
export function settle(file: File, choices: Choices | null, goes: Goes): HTMLElement | null {
  if (!file.conflicts.length) return null;
  const rows = file.groups.map((group, number) => decision(file, group, number, choices, goes));
  const head = el("h3");
  const label = () => {
    const open = choices ? choices.open : file.groups.length, of = file.groups.length;
    head.textContent = open ? `${count(open, "decision")} to make${open < of ? `, ${of - open} made` : ""}` : "Everything is settled: save";
    for (const row of rows) mark(row, choices);
  };
  choices?.listen(label);
  label();
  return el("section", { class: "settle" }, head, el("ol", { class: "decisions", "aria-label": "to settle" }, ...rows));
}

function mark(row: HTMLElement, choices: Choices | null): void {
  const group = Number(row.dataset.group);
  row.classList.toggle("chosen", choices?.settled(group) ?? false);
  const check = (input: HTMLInputElement, side: string | undefined) => { input.checked = input.value === side; };
  for (const input of row.querySelectorAll<HTMLInputElement>(".choice.whole input")) check(input, choices?.ofGroup(group));
  for (const input of row.querySelectorAll<HTMLInputElement>("[data-conflict] .choice input")) check(input, choices?.of(Number(input.closest<HTMLElement>("[data-conflict]")!.dataset.conflict)));
}

function decision(file: File, group: Group, number: number, choices: Choices | null, goes: Goes): HTMLElement {
  const first = file.conflicts[group.conflicts[0]!]!, many = group.conflicts.length > 1;
  const pick = (side: string) => choices?.choose(group.conflicts, side);
  const texts = !many && first.texts;
  return el("li", { "data-group": String(number) },
    el("button", { type: "button", class: "goto", "aria-label": `go to ${group.words}`, click: () => goes.group(number) }, group.words),
    texts ? panes(texts, file.path) : said(first, group.conflicts.length - 1, goes.hear && ((side) => goes.hear!(side, number))),
    choices ? choice(`${file.id}-g${number}`, many ? ["ours", "theirs", "base"] : options(first), pick, "choice whole", first.address) : el("code", { class: "hint" }, hint(file, group)),
    suggestions(many ? [] : first.offers, group.conflicts[0]!, file.path, choices),
    many ? el("details", { class: "each" }, el("summary", {}, `one by one (${group.conflicts.length})`),
      el("ol", {}, ...group.conflicts.map((index) => single(file, index, choices, goes)))) : null);
}

/** What to type: the group's address stands for all of its conflicts. */
function hint(file: File, group: Group): string {
  const first = file.conflicts[group.conflicts[0]!]!;
  return group.conflicts.length > 1 ? first.hint.replace(first.address, () => group.address) : first.hint;
}

function single(file: File, index: number, choices: Choices | null, goes: Goes): HTMLElement {
  const conflict = file.conflicts[index]!;
  return el("li", { "data-conflict": String(index) },
    el("button", { type: "button", class: "goto", "aria-label": `go to conflict ${index + 1}`, click: () => goes.conflict(index) }, conflict.ours || conflict.theirs || conflict.address),
    said(conflict, 0, null),
    choices ? choice(`${file.id}-${index}`, options(conflict), (side) => choices.choose([index], side), "choice", conflict.address) : null);
}

function said(conflict: Conflict, more: number, hear: ((side: string) => void) | null): HTMLElement {
  return el("dl", {}, ...SAID.filter((side) => conflict[side]).flatMap((side) => [el("dt", { class: side }, side), el("dd", {},
    conflict[side], more ? `, and ${more} more ` : " ",
    hear ? el("button", { type: "button", class: "hear", "aria-label": `hear ${side}`, title: `hear ${side}`, click: () => hear(side) }, "▶") : null)]));
}

function choice(name: string, sides: readonly string[], pick: (side: string) => void, kind: string, address: string): HTMLElement {
  return el("fieldset", { class: kind, "data-address": address }, el("legend", {}, "keep"), ...sides.map((side) =>
    el("label", {}, el("input", { type: "radio", name, value: side, change: () => pick(side) }), ` ${inWords(side)}`)));
}
