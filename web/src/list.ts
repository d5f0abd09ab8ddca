// Beside the roll: what is to settle, what changed, and the buttons that say which of it is seen, heard and listed.
import { el } from "./dom.ts";
import { WHOSE, whoseIs, type Phrase, type Whose } from "./kinds.ts";
import type { File, Music } from "./model.ts";
import { swatch } from "./paint.ts";
import { count } from "./words.ts";

/** So many rows at once: of a hundred thousand changes a browser would lay out nothing else. */
const ROWS = 300;

export interface Acts { go(index: number): void; decide(group: number): void; show(whose: Whose): void; all(): void }

export class ChangeList {
  readonly root: HTMLElement;
  /** Places of what is listed among all phrases. */
  order: number[] = [];
  private first = 0;
  private phrases: readonly Phrase[] = [];
  private readonly head = el("h3");
  private readonly rows = el("ol", { class: "phrases", "aria-label": "changes" });
  private readonly whose = new Map<Whose, HTMLButtonElement>();
  private readonly everything = el("button", { type: "button", class: "everything-shown", hidden: true, click: () => this.acts.all() }, "Show all");
  private readonly spots: HTMLButtonElement[];

  constructor(file: File, music: Music, private readonly acts: Acts, legend: HTMLElement) {
    const many = music.sides.length > 1;
    for (const [each, [words, kind]] of Object.entries(WHOSE) as [Whose, [string, string]][]) {
      this.whose.set(each, el("button", { type: "button", "data-whose": each, "aria-pressed": "true", title: `show or hide notes ${words}`, click: () => acts.show(each) }, el("i", { class: `kind ${kind}` }), words));
    }
    this.spots = file.groups.map((group, number) => el("button", { type: "button", class: "number", title: group.words, "aria-label": `to settle ${number + 1}: ${group.words}`, click: () => acts.decide(number) }, String(number + 1)));
    this.root = el("aside", { class: "side" },
      this.spots.length ? el("div", { class: "spots", role: "group", "aria-label": "to settle" }, el("b", {}, `${this.spots.length} to settle`), ...this.spots) : null,
      this.head, many ? el("div", { class: "whose", role: "group", "aria-label": "which notes" }, ...this.whose.values(), this.everything) : this.everything,
      this.rows, legend);
  }

  /** List those of the phrases that are not hidden. */
  fill(music: Music, phrases: readonly Phrase[], kept: (phrase: Phrase) => boolean, hidden: ReadonlySet<Whose>, filtered: boolean): void {
    const all = phrases.length, there = new Set(music.notes.map((note) => whoseIs(note[6], music.sides.length)));
    this.phrases = phrases;
    this.order = phrases.flatMap((phrase, index) => (kept(phrase) ? [index] : []));
    const seen = this.order.length;
    this.head.textContent = !all ? (music.sides.length > 1 ? "Nothing changed" : count(music.notes.length, "note")) : seen < all ? `${seen} of ${count(all, "change")}` : count(all, "change");
    for (const [each, button] of this.whose) {
      button.hidden = there.size < 2 || !there.has(each);
      button.setAttribute("aria-pressed", String(!hidden.has(each)));
    }
    this.everything.hidden = !filtered;
    this.from(this.first);
  }

  /** Say which change and which decision is looked at; its row is there and in sight. */
  mark(current: number, at: number | null, settled: (group: number) => boolean): void {
    const place = this.order.indexOf(current);
    if (place >= 0 && (place < this.first || place >= this.first + ROWS)) this.from(place - ROWS / 3);
    for (const row of this.rows.querySelectorAll<HTMLElement>("[data-phrase]")) row.toggleAttribute("data-current", Number(row.dataset.phrase) === current);
    this.spots.forEach((spot, group) => {
      spot.toggleAttribute("data-current", group === at);
      spot.classList.toggle("settled", settled(group));
    });
  }

  /** Scroll the list, and nothing else, to a change. */
  reveal(current: number): void {
    const row = this.rows.querySelector<HTMLElement>(`[data-phrase="${current}"]`);
    if (row) this.root.scrollTop = Math.max(0, row.offsetTop - 120);
  }

  private from(first: number): void {
    const size = this.order.length, begin = (this.first = Math.max(0, Math.min(Math.floor(first), size - ROWS)));
    const row = (index: number) => el("li", {}, el("button", { type: "button", "data-phrase": String(index), click: () => this.acts.go(index) }, this.phrases[index]!.track < 0 ? el("i", { class: "swatch" }, "♩") : swatch(this.phrases[index]!.track), el("span", {}, this.phrases[index]!.words)));
    const more = (words: string, to: number) => el("li", {}, el("button", { type: "button", class: "more", click: () => this.from(to) }, words));
    const before = begin, after = size - begin - ROWS;
    this.rows.replaceChildren(...(before > 0 ? [more(`${before} before`, begin - ROWS)] : []), ...this.order.slice(begin, begin + ROWS).map(row), ...(after > 0 ? [more(`${after} more`, begin + ROWS)] : []));
  }
}
