// The choice on the notes: for each decision a row of buttons at its frame in the roll.
import type { Shown } from "./canvas.ts";
import { SIDES, type Choices } from "./choices.ts";
import { el } from "./dom.ts";
import type { Group } from "./model.ts";
import type { Roll } from "./roll.ts";

export interface Acts { go(group: number): void; hear(side: string, group: number): void; pick(group: number, side: string): void }

const GAP = 4;

export class Chips {
  readonly root = el("div", { class: "chips" });
  private readonly all: HTMLElement[];

  constructor(groups: readonly Group[], private readonly choices: Choices | null, acts: Acts) {
    this.all = groups.map((group, number) => el("div", { class: "chip", "data-group": String(number), role: "group", "aria-label": `${number + 1}: ${group.words}`, hidden: true },
      el("button", { type: "button", class: "number", title: group.words, click: () => acts.go(number) }, String(number + 1)),
      ...SIDES.flatMap((side) => [el("span", { class: `option ${side}` },
        el("button", { type: "button", class: "hear", "aria-label": `hear ${side}`, title: `hear ${side}`, click: () => acts.hear(side, number) }, choices ? "▶" : `▶ ${side}`),
        choices ? el("button", { type: "button", class: "keep", "aria-pressed": "false", title: `keep ${side} (${side[0]})`, click: () => acts.pick(number, side) }, el("span", { class: "verb" }, "Keep "), side) : null)]),
      el("span", { class: "about" }, group.words.split(": ")[0]!)));
    this.root.append(...this.all);
  }

  /** Press the buttons of what is chosen. */
  label(): void {
    this.all.forEach((chip, group) => {
      const chosen = this.choices?.ofGroup(group);
      chip.classList.toggle("settled", this.choices?.settled(group) ?? false);
      for (const button of chip.querySelectorAll(".keep")) button.setAttribute("aria-pressed", String(button.parentElement!.classList.contains(chosen ?? "-")));
    });
  }

  /** Put each chip at its frame: above it where there is room, below it otherwise, never over another, and where it
   * hides least of what any version has in question. */
  place(roll: Roll, shown: Shown, width: number): void {
    const taken: DOMRect[] = [];
    this.all.forEach((chip, group) => {
      const spot = roll.spots[group];
      const box = spot ? roll.box(spot, shown) : null;
      const seen = box !== null && box.x < width && box.x + box.width > 0;
      chip.hidden = !seen;
      chip.classList.toggle("whole", spot?.whole ?? false);
      chip.classList.toggle("current", shown.at === group);
      if (!seen) return;
      const wide = chip.offsetWidth, tall = chip.offsetHeight;
      const x = Math.max(GAP, Math.min(box.x, width - wide - GAP));
      const least = GAP, most = Math.max(GAP, shown.height - tall - GAP), inside = (each: number) => Math.max(least, Math.min(each, most));
      const above = box.y - tall - GAP, below = box.y + box.height + GAP;
      const places = (spot!.whole ? [box.y + GAP, most, (least + most) / 2, (least + 3 * most) / 4, (3 * least + most) / 4] : above >= 0 ? [above, below, most, least] : [below, most, least]).map(inside);
      const hides = places.map((each) => roll.changedIn(x, each, wide, tall, shown));
      let y = places[hides.indexOf(Math.min(...hides))]!;
      while (taken.some((other) => x < other.right && x + wide > other.left && y < other.bottom && y + tall > other.top)) y += tall + GAP;
      taken.push(new DOMRect(x, y, wide, tall));
      chip.style.left = `${x}px`;
      chip.style.top = `${y}px`;
    });
  }
}
