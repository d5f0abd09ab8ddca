// The parts of the page that are words: what it is about, conflicts, changes as a tree, changed lines, history.
import { SIDES, groups, type Choices } from "./choices.ts";
import { el, svg } from "./dom.ts";
import type { Change, Commit, File, Text } from "./model.ts";
import { count } from "./words.ts";

const SIGNS: Record<string, [string, string]> = {
  insert: ["+", "added"], delete: ["−", "removed"], replace: ["~", "changed"], move: ["→", "moved"], patch: ["~", "changed inside"],
};

export function tree(changes: Change[]): HTMLElement {
  return el("ul", { class: "tree" }, ...changes.map((change) => {
    if (change.more) return el("li", { class: "more" }, `${change.more} more`);
    const [sign, words] = SIGNS[change.op] ?? ["?", change.op];
    const head = [el("span", { class: "sign", title: words }, sign), el("code", {}, change.name), " "];
    if (change.inside) return el("li", { class: change.op }, el("details", { open: true }, el("summary", {}, ...head, el("span", { class: "said" }, change.said)), tree(change.inside)));
    const said = change.old !== undefined
      ? [el("span", { class: "old" }, change.old), " → ", el("span", { class: "new" }, change.new ?? "")]
      : [el("span", { class: "said" }, change.said)];
    return el("li", { class: change.op }, ...head, ...said);
  }));
}

export function texts(found: Text[]): HTMLElement | null {
  const shown = found.filter((text) => text.lines === null || text.lines.length);
  if (!shown.length) return null;
  return el("div", { class: "texts" }, ...shown.map((text) => text.lines === null
    ? el("p", {}, `${text.to}: binary`)
    : el("details", { open: true }, el("summary", {}, `${text.from} → ${text.to}`),
      el("pre", { class: "lines" }, ...text.lines.map(([kind, line]) => el("span", { class: kind }, { add: "+", del: "-", same: " ", hunk: "" }[kind] ?? "", line, "\n"))))));
}

/** The list of what is to settle; with `choices`, to be settled here. */
export function conflicts(file: File, choices: Choices | null, go: (index: number) => void, hear: ((side: string, index: number) => void) | null): HTMLElement | null {
  if (!file.conflicts.length) return null;
  const rows: HTMLElement[] = [];
  const listed = el("div", { class: "conflicts", role: "group", "aria-label": "to settle" });
  const button = (text: string, label: string, act: () => void, kind: string) => el("button", { type: "button", class: kind, "aria-label": label, click: act }, text);
  const row = (index: number): HTMLElement => {
    const conflict = file.conflicts[index]!;
    const sides = SIDES.filter((side) => conflict[side]).flatMap((side) => [el("dt", {}, side), el("dd", {}, conflict[side], " ", hear ? button("▶", `hear ${side}`, () => hear(side, index), "hear") : null)]);
    const choice = choices
      ? el("fieldset", { class: "choice", "data-address": conflict.address }, el("legend", {}, "keep"), ...SIDES.map((side) =>
        el("label", {}, el("input", { type: "radio", name: `${file.id}-${index}`, value: side, change: () => choices.choose([index], side) }), ` ${side}`)))
      : el("code", { class: "hint" }, conflict.hint);
    return el("li", { "data-conflict": String(index) }, button(conflict.address || "the whole file", `go to conflict ${index + 1}`, () => go(index), "goto"), " ",
      el("span", { class: "kind" }, conflict.kind), el("dl", {}, ...sides), choice);
  };
  for (const group of groups(file.conflicts)) {
    const inside = group.map(row);
    rows.push(...inside);
    if (group.length > 2) {
      const all = choices ? SIDES.map((side) => button(`all ${side}`, `keep ${side} for all ${group.length}`, () => choices.choose(group, side), "all")) : [];
      listed.append(el("details", { class: "group", open: group.length <= 12 }, el("summary", {}, `${count(group.length, "conflict")} in ${file.conflicts[group[0]!]!.address.split("/")[0]} `), el("p", {}, ...all), el("ol", {}, ...inside)));
    } else listed.append(el("ol", {}, ...inside));
  }
  choices?.listen(() => rows.forEach((each) => {
    const side = choices.of(Number(each.dataset.conflict));
    for (const input of each.querySelectorAll("input")) input.checked = input.value === side;
    each.classList.toggle("chosen", side !== undefined);
  }));
  const head = el("h3", {}, `${count(file.conflicts.length, "conflict")} to settle`);
  return el("section", { class: "settle" }, head, listed);
}

const ROW = 26, COLUMN = 16;

export function graph(commits: Commit[]): SVGElement {
  const wide = (Math.max(0, ...commits.map((commit) => commit.column)) + 1) * COLUMN + 12, height = commits.length * ROW + 6;
  const lines: Node[] = [], dots: Node[] = [];
  commits.forEach((commit, at) => {
    const x = commit.column * COLUMN + 12, y = at * ROW + 14;
    for (const [row, column] of commit.edges) {
      const toX = column * COLUMN + 12, toY = row < 0 ? height : row * ROW + 14, bend = toX < x ? toY - ROW : y + ROW;
      const path = x === toX ? `M${x} ${y}V${toY}` : toX > x ? `M${x} ${y}L${toX} ${bend}V${toY}` : `M${x} ${y}V${bend}L${toX} ${toY}`;
      lines.push(svg("path", { class: `edge c${Math.max(commit.column, column) % 6}`, d: path }));
    }
    const here = commit.here ? " here" : "";
    dots.push(svg("circle", { class: `commit c${commit.column % 6}${here}`, cx: x, cy: y, r: 5 }));
    const text = svg("text", { x: wide, y: y + 4, class: `subject${here}` }, svg("tspan", { class: "id" }, commit.id));
    for (const ref of commit.refs) text.append(" ", svg("tspan", { class: "ref" }, ref));
    text.append(` ${commit.subject} `, svg("tspan", { class: "who" }, commit.author));
    dots.push(text);
  });
  return svg("svg", { class: "graph", role: "img", "aria-label": `history of ${count(commits.length, "commit")}`, width: wide + 760, height }, ...lines, ...dots);
}
