// The bar at the bottom of the merge tool: how much is left, all of one side, undo, save; and the result as it would be.
import type { Choices } from "./choices.ts";
import { el } from "./dom.ts";
import { choosing } from "./keys.ts";
import { remember } from "./memory.ts";
import type { File, Music } from "./model.ts";
import type { ScoreView } from "./score.ts";
import { showResult } from "./sections.ts";
import { count } from "./words.ts";

interface Known { file: File; choices: Choices; view: ScoreView | null }
interface Tried { music?: Music | null; lines?: [string, string][] | null; error?: string }

export class Saving {
  private readonly files: Known[] = [];
  private readonly told = el("span", { class: "saved", role: "status" });
  private readonly left = el("span", { class: "left-over" });
  private readonly save = el("button", { type: "button", class: "save", click: () => void this.send() }, "Save");
  private readonly back = el("button", { type: "button", class: "undo", disabled: true, title: "take the last choice back (u)", click: () => choosing.undo(this) }, "Undo");
  readonly root = el("p", { class: "settle-bar" }, this.save, this.back, this.everything("ours"), this.everything("theirs"), this.left, this.told);
  private finished = false;
  private asked = 0;
  private timer = 0;

  constructor() {
    addEventListener("pagehide", () => { if (!this.finished && this.served) navigator.sendBeacon("/goodbye", ""); });
  }

  private get served(): boolean { return location.protocol.startsWith("http"); }

  add(file: File, choices: Choices, view: ScoreView | null): void {
    this.files.push({ file, choices, view });
    choices.listen(() => { this.label(); this.later(); });
    this.label();
  }

  private label(): void {
    const open = this.files.reduce((sum, { choices }) => sum + choices.open, 0);
    this.left.textContent = open ? `${count(open, "decision")} left` : "all decided";
    this.back.disabled = !this.files.some(({ choices }) => choices.undoable);
    this.save.classList.toggle("ready", open === 0);
  }

  private everything(side: string): HTMLElement {
    return el("button", { type: "button", class: "everything", click: () => { for (const { choices } of this.files) choices.choose(choices.conflicts.map((_, index) => index), side); } }, `All ${side}`);
  }

  /** Take the last choice back; the decision it was about. */
  undo(): { id: string; group: number } | null {
    for (const { file, choices } of this.files) {
      if (choices.undoable) return { id: file.id, group: choices.groupOf(choices.undo()) };
    }
    return null;
  }

  private picks(): Record<string, string> { return Object.assign({}, ...this.files.map(({ choices }) => choices.picks())) as Record<string, string>; }

  /** Ask what the result would be, once no further choice has been made for a moment. */
  private later(): void {
    clearTimeout(this.timer);
    if (this.served) this.timer = window.setTimeout(() => void this.attempt(), 120);
  }

  private async attempt(): Promise<void> {
    const number = ++this.asked;
    const told = await post<Tried>("/try", this.picks());
    if (number !== this.asked || !told || told.error) return;
    const file = this.files[0]?.file;
    if (told.music) this.files[0]?.view?.replace(told.music);
    else if (told.lines && file) showResult(file, told.lines);
    document.documentElement.dataset.tried = String(number);
  }

  async send(): Promise<void> {
    this.told.textContent = "saving";
    const said = await post<{ error?: string; settled?: boolean }>("/save", this.picks());
    if (!said) { this.told.textContent = "muse is not there any more; nothing was saved"; return; }
    if (said.error) { this.told.textContent = said.error; return; }
    this.finished = said.settled === true;
    if (!this.finished) { remember(this.files.flatMap(({ view }) => view ?? [])); location.reload(); return; }
    clearTimeout(this.timer);
    this.told.textContent = "settled and saved; this page can be closed";
    this.left.textContent = "";
    for (const each of document.querySelectorAll<HTMLButtonElement>("button.save,button.undo,button.everything,button.keep,button.take,fieldset.choice")) each.disabled = true;
  }
}

/** Post to the tool that serves the page; null when it is gone. */
async function post<T>(address: string, body: unknown): Promise<T | null> {
  try {
    const answer = await fetch(address, { method: "POST", body: JSON.stringify(body) });
    return (await answer.json()) as T;
  } catch { return null; }
}
