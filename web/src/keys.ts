// Choosing by key: o, t and b keep a side of the decision that is looked at and go on to the next open one.
import { SIDES, type Choices } from "./choices.ts";
import { say } from "./dom.ts";
import type { File } from "./model.ts";
import type { Saving } from "./saving.ts";
import type { ScoreView } from "./score.ts";

interface Known { file: File; choices: Choices; view: ScoreView | null }

class Choosing {
  private readonly files = new Map<string, Known>();

  add(file: File, choices: Choices, view: ScoreView | null): void { this.files.set(file.id, { file, choices, view }); }

  /** Keep a side for a whole decision, and go on. */
  decide(id: string, group: number, side: string): void {
    const known = this.files.get(id);
    if (!known) return;
    known.choices.choose(known.file.groups[group]!.conflicts, side);
    this.go(known, known.choices.next(group));
    say(`${known.file.groups[group]!.words}: ${side}; ${known.choices.open} left`);
  }

  /** True when the key was for choosing. */
  key(key: string, target: HTMLElement, current: ScoreView | null, saving: Saving): boolean {
    const side = SIDES.find((each) => each[0] === key);
    if (side) { this.choose(side, target, current); return true; }
    if (key === "u") { this.undo(saving); return true; }
    if (key === "s") { void saving.send(); return true; }
    if (key === "c") { this.next(target, current); return true; }
    return false;
  }

  /** Take the last choice back, and show what is open again. */
  undo(saving: Saving): void {
    const undone = saving.undo();
    if (!undone) { say("nothing to undo"); return; }
    const known = this.files.get(undone.id)!, row = (document.activeElement as HTMLElement | null)?.closest(".each");
    if (!row) this.go(known, undone.group);
    say(`taken back: ${known.file.groups[undone.group]?.words}; ${known.choices.open} left`);
  }

  private choose(side: string, target: HTMLElement, current: ScoreView | null): void {
    const row = target.closest<HTMLElement>("[data-conflict]");
    const known = this.known(target, current);
    if (!known) return;
    if (!row) { const group = this.group(target, known); if (group >= 0) this.decide(known.file.id, group, side); return; }
    known.choices.choose([Number(row.dataset.conflict)], side);
    const next = row.nextElementSibling ?? row.closest("[data-group]")?.nextElementSibling;
    (next?.querySelector<HTMLElement>(".goto") ?? document.querySelector<HTMLElement>("button.save"))?.focus();
    say(`${row.querySelector(".goto")!.textContent}: ${side}`);
  }

  private next(target: HTMLElement, current: ScoreView | null): void {
    const known = this.known(target, current);
    if (known) this.go(known, known.choices.next(this.group(target, known)));
  }

  private known(target: HTMLElement, current: ScoreView | null): Known | undefined {
    const id = target.closest("section.file")?.id ?? current?.file.id;
    return this.files.get(id ?? "") ?? [...this.files.values()][0];
  }

  /** The decision that has the focus, or is looked at, or else the first open one. */
  private group(target: HTMLElement, known: Known): number {
    const row = target.closest<HTMLElement>("[data-group]");
    if (row) return Number(row.dataset.group);
    return known.view?.shown.at ?? known.choices.next(-1);
  }

  /** Show a decision, the focus in sight: on the roll, or on its row for who works in the list; at -1 only saving is left. */
  private go({ file, view }: Known, group: number): void {
    if (group < 0) { document.querySelector<HTMLElement>("button.save")?.focus(); return; }
    view?.decide(group, true);
    const listed = document.activeElement?.closest(".settle");
    if (view && !listed) view.focus();
    else document.querySelector<HTMLElement>(`#${file.id} .decisions > [data-group="${group}"] .goto`)?.focus();
  }
}

export const choosing = new Choosing();
