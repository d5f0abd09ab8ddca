// The page: built from the JSON in it, and nothing else.
import { bank } from "./bank.ts";
import { Choices } from "./choices.ts";
import { el, typing } from "./dom.ts";
import { choosing } from "./keys.ts";
import { recall } from "./memory.ts";
import type { File, Page } from "./model.ts";
import { Saving } from "./saving.ts";
import { ScoreView } from "./score.ts";
import { graph, texts, tree } from "./sections.ts";
import { settle } from "./settle.ts";
import * as synth from "./synth.ts";

const page: Page = JSON.parse(document.getElementById("data")!.textContent!);
const views: ScoreView[] = [];
const saving = page.choices ? new Saving() : null;
let current: ScoreView | null = null;

/** Whether a file is unfolded when the page opens: what one looks at first, and words where there are few of them. */
const unfolded = (file: File, at: number): boolean => saving !== null || at === 0 || (!file.music && page.files.length < 5);

/** A file's section. Of many files one is unfolded, the others say in a line what changed, and are built when wanted. */
function section(file: File, at: number): HTMLElement {
  if (page.files.length === 1) return el("section", { class: "file", id: file.id, "aria-labelledby": page.title.endsWith(file.path) ? "title" : `${file.id}-h` },
    page.title.endsWith(file.path) ? null : el("h2", { id: `${file.id}-h` }, file.path), said(file), ...parts(file));
  const open = unfolded(file, at), inside = el("div");
  const fold: HTMLDetailsElement = el("details", { class: "fold", open }, el("summary", {}, el("h2", { id: `${file.id}-h` }, file.path),
    file.groups.length ? el("em", {}, ` ${file.groups.length} to settle`) : null, said(file)), inside);
  const fill = () => {
    if (inside.firstChild || !fold.open) return;
    const known = views.length;
    inside.append(...parts(file));
    if (document.documentElement.dataset.ready) for (const view of views.slice(known)) { view.open(); current = view; }
  };
  fold.addEventListener("toggle", fill);
  fill();
  return el("section", { class: "file", id: file.id, "aria-labelledby": `${file.id}-h` }, fold);
}

function said(file: File): HTMLElement | null {
  return file.said || file.note ? el("div", {}, file.said ? el("p", { class: "said" }, file.said) : null, file.note ? el("p", { class: "note" }, file.note) : null) : null;
}

function parts(file: File): Node[] {
  const choices = saving && file.conflicts.length ? new Choices(file.conflicts, file.groups) : null;
  const pick = (group: number, side: string) => choosing.decide(file.id, group, side);
  const view = file.music ? new ScoreView(file, file.music, choices, pick) : null;
  if (view) views.push(view);
  if (choices) { saving!.add(file, choices, view); choosing.add(file, choices, view); }
  const at = () => { if (view) current = view; return view; };
  const goes = {
    group: (number: number) => at()?.decide(number),
    conflict: (index: number) => at()?.conflict(index),
    hear: view ? (side: string, group: number) => at()?.hear(side, group) : null,
  };
  return [view?.root, settle(file, choices, goes), texts(file.texts, file.path, file.music !== null || file.conflicts.some((conflict) => conflict.texts)),
    file.changes.length ? el("details", { class: "changes", open: !file.music }, el("summary", {}, "What changed"), tree(file.changes)) : null].filter((each) => each != null);
}

/** Unfold a file that a link leads to. */
function unfold(id: string): void {
  const fold = document.getElementById(id)?.querySelector<HTMLDetailsElement>(":scope > .fold");
  if (fold) fold.open = true;
}

function build(): void {
  const main = document.getElementById("page")!;
  const files = [...page.files.filter((file) => file.music), ...page.files.filter((file) => !file.music)];
  const about = el("dl", { class: "about" }, ...page.about.map(([name, value]) => el("div", {}, el("dt", { class: `of-${name}` }, name), el("dd", {}, value))));
  const nav = files.length > 1
    ? el("nav", { "aria-label": "files" }, el("ul", {}, ...files.map((file) => el("li", {}, el("a", { href: `#${file.id}`, click: () => unfold(file.id) }, file.path), file.groups.length ? el("em", {}, ` ${file.groups.length} to settle`) : null))))
    : null;
  const index = !files.length && page.links.length > 0 && page.commits.some((commit) => commit.address);
  document.body.classList.toggle("site", index);
  const links = page.links.length ? el("nav", { class: "links", "aria-label": index ? "scores" : "site" }, index ? el("h2", {}, "Scores") : null, el("ul", {}, ...page.links.map(([name, to]) => el("li", {}, el("a", { href: to }, name))))) : null;
  main.append(el("header", {}, index ? null : links, el("h1", { id: "title" }, page.title), about, index ? links : null, page.message ? el("pre", { class: "message" }, page.message) : null, nav),
    el("main", {}, ...(files.length ? files.map(section) : index ? [] : [el("p", { class: "nothing" }, "Nothing changed.")]),
      page.commits.length ? el("details", { class: "history", open: page.commits.some((commit) => commit.address) }, el("summary", {}, "History"), el("div", { class: "wide" }, graph(page.commits))) : null),
    el("footer", {}, saving?.root, el("p", { id: "status", role: "status", "aria-live": "polite" })));
}

function keys(): void {
  document.addEventListener("focusin", (event) => {
    const root = (event.target as HTMLElement).closest?.(".score");
    if (root) current = views.find((view) => view.root === root) ?? current;
  });
  document.addEventListener("muse-play", (event) => {
    for (const view of views) if (view !== (event as CustomEvent).detail && view.player.playing) view.player.stop();
  });
  document.addEventListener("keydown", (event) => {
    if (saving && event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) { choosing.undo(saving); event.preventDefault(); return; }
    if (typing(event)) return;
    if (event.key === "?") {
      for (const legend of document.querySelectorAll<HTMLDetailsElement>(".legend details")) legend.open = !legend.open;
      return;
    }
    if (saving && choosing.key(event.key, event.target as HTMLElement, current, saving)) { event.preventDefault(); return; }
    if (current?.key(event)) event.preventDefault();
  });
}

build();
keys();
unfold(location.hash.slice(1));
for (const view of views) view.open();
recall(views);
current = views[0] ?? null;
// For whoever tests the page: the views, and the sound of a version as a buffer.
Object.assign(window, { muse: { page, views, render: synth.render, bank } });
document.documentElement.dataset.ready = "yes";
