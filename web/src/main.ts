// The page: built from the JSON in it, and nothing else.
import { bank } from "./bank.ts";
import { Choices } from "./choices.ts";
import { el, typing } from "./dom.ts";
import { choosing } from "./keys.ts";
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

function section(file: File): HTMLElement {
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
  const titled = page.files.length === 1 && page.title.endsWith(file.path);
  return el("section", { class: "file", id: file.id, "aria-labelledby": titled ? "title" : `${file.id}-h` },
    titled ? null : el("h2", { id: `${file.id}-h` }, file.path),
    file.said ? el("p", { class: "said" }, file.said) : null,
    file.note ? el("p", { class: "note" }, file.note) : null,
    view?.root,
    settle(file, choices, goes),
    texts(file.texts, file.path, file.conflicts.some((conflict) => conflict.texts)),
    file.changes.length ? el("details", { class: "changes", open: !file.music }, el("summary", {}, "What changed"), tree(file.changes)) : null);
}

function build(): void {
  const main = document.getElementById("page")!;
  const files = [...page.files.filter((file) => file.music), ...page.files.filter((file) => !file.music)];
  const about = el("dl", { class: "about" }, ...page.about.flatMap(([name, value]) => [el("dt", { class: `of-${name}` }, name), el("dd", {}, value)]));
  const nav = files.length > 1
    ? el("nav", { "aria-label": "files" }, el("ul", {}, ...files.map((file) => el("li", {}, el("a", { href: `#${file.id}` }, file.path), file.groups.length ? el("em", {}, ` ${file.groups.length} to settle`) : null))))
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
    if (typing(event)) return;
    if (event.key === "?") {
      for (const legend of document.querySelectorAll<HTMLDetailsElement>(".legend")) legend.open = !legend.open;
      return;
    }
    if (saving && choosing.key(event.key, event.target as HTMLElement, current, saving)) { event.preventDefault(); return; }
    if (current?.key(event)) event.preventDefault();
  });
}

build();
keys();
for (const view of views) view.open();
current = views[0] ?? null;
// For whoever tests the page: the views, and the sound of a version as a buffer.
Object.assign(window, { muse: { page, views, render: synth.render, bank } });
document.documentElement.dataset.ready = "yes";
