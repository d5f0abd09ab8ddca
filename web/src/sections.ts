// The parts of the page that are words: what it is about, conflicts, changes as a tree, changed lines, history.
import { colouredLine } from "./code.ts";
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

const MARKS: Record<string, string> = { add: "+", del: "-", same: " ", hunk: "" };

/** Changed lines, folded where `folded`: then something above says the same in fewer words. */
export function texts(found: Text[], path: string, folded: boolean): HTMLElement | null {
  const shown = found.filter((text) => text.lines === null || text.lines.length);
  if (!shown.length) return null;
  return el("div", { class: "texts" }, ...shown.map((text) => text.lines === null
    ? el("p", {}, `${text.to}: binary`)
    : el("details", { open: !folded, "data-to": text.to }, el("summary", {}, text.from ? `${text.from} → ${text.to}` : "The whole file"),
      el("pre", { class: "lines", tabindex: "0" }, ...rows(text.lines, path, !text.from)))));
}

const rows = (lines: [string, string][], path: string, plain: boolean): Node[] =>
  lines.map(([kind, line]) => el("span", { class: kind }, plain ? "" : MARKS[kind] ?? "", ...(kind === "hunk" ? [line] : colouredLine(line, path)), "\n"));

/** What the choices make of a file of text: unfolded, for that is what is looked for after choosing. */
export function showResult(file: File, lines: [string, string][]): void {
  const fold = document.querySelector<HTMLDetailsElement>(`#${file.id} .texts [data-to="result"]`);
  if (!fold) return;
  fold.querySelector("pre")!.replaceChildren(...rows(lines, file.path, false));
  fold.open = true;
}

const ROW = 28, COLUMN = 16;

/** The history: lines and dots as a picture, beside it a row of text for each commit, linked where it has a page. */
export function graph(commits: Commit[]): HTMLElement {
  const wide = (Math.max(0, ...commits.map((commit) => commit.column)) + 1) * COLUMN + 12, height = commits.length * ROW;
  const lines: Node[] = [], dots: Node[] = [];
  commits.forEach((commit, at) => {
    const x = commit.column * COLUMN + 12, y = at * ROW + ROW / 2;
    for (const [row, column] of commit.edges) {
      const toX = column * COLUMN + 12, toY = row < 0 ? height : row * ROW + ROW / 2, bend = toX < x ? toY - ROW : y + ROW;
      const path = x === toX ? `M${x} ${y}V${toY}` : toX > x ? `M${x} ${y}L${toX} ${bend}V${toY}` : `M${x} ${y}V${bend}L${toX} ${toY}`;
      lines.push(svg("path", { class: `edge c${Math.max(commit.column, column) % 6}`, d: path }));
    }
    dots.push(svg("circle", { class: `commit c${commit.column % 6}${commit.here ? " here" : ""}`, cx: x, cy: y, r: 5 }));
  });
  const rows = commits.map((commit) => el("li", { class: commit.here ? "here" : "" },
    el("code", {}, commit.id), ...commit.refs.flatMap((ref) => [" ", el("b", { class: "ref" }, ref)]), " ",
    commit.address ? el("a", { href: commit.address }, commit.subject || commit.id) : commit.subject, " ", el("span", { class: "who" }, `${commit.author}, ${commit.date}`),
    commit.said ? el("span", { class: "did", title: commit.said }, ` · ${commit.said}`) : null));
  const list = el("ol", { class: "commits", "aria-label": `history of ${count(commits.length, "commit")}` }, ...rows);
  return el("div", { class: "graph" }, svg("svg", { "aria-hidden": "true", width: wide, height }, ...lines, ...dots), list);
}
