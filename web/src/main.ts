// The page: built from the JSON in it, and nothing else.
import { Choices, SIDES, type Side } from "./choices.ts";
import { el, say, typing } from "./dom.ts";
import type { File, Page } from "./model.ts";
import { ScoreView } from "./score.ts";
import { conflicts, graph, texts, tree } from "./sections.ts";
import * as synth from "./synth.ts";

const page: Page = JSON.parse(document.getElementById("data")!.textContent!);
const views: ScoreView[] = [];
const chosen = new Map<string, Choices>();
let current: ScoreView | null = null;

function section(file: File): HTMLElement {
  const choices = page.choices && file.conflicts.length ? new Choices(file.conflicts) : null;
  if (choices) chosen.set(file.id, choices);
  const view = file.music ? new ScoreView(file, file.music, choices) : null;
  if (view) views.push(view);
  const go = (index: number) => { if (view) { current = view; view.conflict(index); } };
  return el("section", { class: "file", id: file.id, "aria-labelledby": `${file.id}-h` },
    el("h2", { id: `${file.id}-h` }, file.path),
    file.said ? el("p", { class: "said" }, file.said) : null,
    file.note ? el("p", { class: "note" }, file.note) : null,
    view?.root,
    conflicts(file, choices, go, view ? (side, index) => { current = view; view.hear(side, index); } : null),
    texts(file.texts),
    file.changes.length ? el("details", { class: "changes", open: !file.music }, el("summary", {}, "What changed"), tree(file.changes)) : null);
}

function build(): void {
  const main = document.getElementById("page")!;
  const about = el("dl", { class: "about" }, ...page.about.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  const files = page.files.length > 1
    ? el("nav", { "aria-label": "files" }, el("ul", {}, ...page.files.map((file) => el("li", {}, el("a", { href: `#${file.id}` }, file.path), file.conflicts.length ? el("em", {}, ` ${file.conflicts.length} to settle`) : null))))
    : null;
  main.append(el("header", {}, el("h1", {}, page.title), about, page.message ? el("pre", { class: "message" }, page.message) : null, files),
    el("main", {}, ...(page.files.length ? page.files.map(section) : [el("p", { class: "nothing" }, "Nothing changed.")]),
      page.commits.length ? el("details", { class: "history" }, el("summary", {}, "History"), el("div", { class: "wide" }, graph(page.commits))) : null),
    el("footer", {}, page.choices ? el("p", { class: "settle-bar" }, save, undo, everything("ours"), everything("theirs"), told) : null,
      el("p", { id: "status", role: "status", "aria-live": "polite" })));
}

const told = el("span", { class: "saved", role: "status" });
const save = el("button", { type: "button", class: "save", click: () => void send() }, "Save");
const undo = el("button", { type: "button", class: "undo", click: () => takeBack() }, "Undo");

function everything(side: Side): HTMLElement {
  return el("button", { type: "button", class: "everything", click: () => { for (const each of chosen.values()) each.choose(each.conflicts.map((_, index) => index), side); } }, `All ${side}`);
}

function takeBack(): void { if (![...chosen.values()].some((each) => each.undo())) say("nothing to undo"); }

let finished = false;

async function send(): Promise<void> {
  const picks = Object.assign({}, ...[...chosen.values()].map((each) => each.picks())) as Record<string, Side>;
  told.textContent = "saving";
  let said: { error?: string; settled?: boolean; left?: string[] };
  try {
    const answer = await fetch("/save", { method: "POST", body: JSON.stringify(picks) });
    said = await answer.json();
  } catch { told.textContent = "muse is not there any more; nothing was saved"; return; }
  if (said.error) { told.textContent = said.error; return; }
  finished = said.settled === true;
  if (!finished) { location.reload(); return; }
  told.textContent = "settled and saved; this page can be closed";
  for (const each of document.querySelectorAll<HTMLButtonElement>("button.save,button.undo,button.everything,fieldset.choice")) each.disabled = true;
}

/** o, t and b keep a side for the conflict that has the focus (or the first open one) and go on to the next. */
function choose(side: Side, target: HTMLElement): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".settle li[data-conflict]")];
  const row = target.closest<HTMLElement>(".settle li[data-conflict]") ?? rows.find((each) => !each.classList.contains("chosen"));
  if (!row) return;
  const choices = chosen.get(row.closest("section.file")!.id);
  choices?.choose([Number(row.dataset.conflict)], side);
  const next = rows[rows.indexOf(row) + 1];
  const details = next?.closest("details");
  if (details) details.open = true;
  (next?.querySelector<HTMLElement>(".goto") ?? save).focus();
  say(`${row.querySelector(".goto")!.textContent}: ${side}`);
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
    const target = event.target as HTMLElement;
    if (event.key === "?") {
      const legends = document.querySelectorAll<HTMLDetailsElement>(".legend");
      for (const legend of legends) legend.open = !legend.open;
      return;
    }
    if (page.choices) {
      const side = SIDES.find((each) => each[0] === event.key);
      if (side) { choose(side, target); return; }
      if (event.key === "u") { takeBack(); return; }
      if (event.key === "s") { save.click(); return; }
    }
    if (current?.key(event)) event.preventDefault();
  });
  if (page.choices) addEventListener("pagehide", () => { if (!finished) navigator.sendBeacon("/goodbye", ""); });
}

build();
keys();
for (const view of views) view.open();
current = views[0] ?? null;
// For whoever tests the page: the views, and the sound of a version as a buffer.
Object.assign(window, { muse: { page, views, render: synth.render } });
document.documentElement.dataset.ready = "yes";
