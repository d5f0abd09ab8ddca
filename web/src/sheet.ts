// The staff below the roll: the bars that are looked at, in each version that differs.
import { el } from "./dom.ts";
import type { Music } from "./model.ts";
import { abcOf, type Staff } from "./staff.ts";
import { bars } from "./time.ts";

type Engrave = (into: HTMLElement, staff: Staff, width: number) => void;
const engraver = (): Engrave | undefined => (globalThis as { museEngrave?: Engrave }).museEngrave;

export interface Asked { track: number; from: number; to: number; side: number }

export class Sheet {
  readonly root: HTMLDetailsElement | null;
  private readonly head = el("summary", {}, "Staff");
  private readonly staves = el("div", { class: "staves" });
  private drawn = "";
  private timer = 0;

  constructor(private readonly music: () => Music, private readonly asked: () => Asked | null) {
    this.root = engraver() ? el("details", { class: "staff", open: true }, this.head, this.staves) : null;
    this.root?.addEventListener("toggle", () => this.later());
  }

  /** Draw what is looked at, once it has been looked at for a moment. */
  later(): void {
    if (!this.root) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.draw(), 120);
  }

  private draw(): void {
    const asked = this.asked(), music = this.music(), engrave = engraver();
    if (this.root) this.root.hidden = !asked;
    if (!asked || !engrave || !this.root?.open) return;
    const shown = versions(music, asked), wide = this.staves.clientWidth, key = `${wide} ${JSON.stringify(shown)}`;
    if (key === this.drawn) return;
    this.drawn = key;
    this.head.textContent = `Staff: ${music.tracks[asked.track]?.name ?? ""}, ${bars(music, asked.from, asked.to)}`;
    const width = Math.max(240, shown.length > 1 && wide > 800 ? wide / 2 - 12 : wide);
    this.staves.replaceChildren(...shown.map(({ names, staff }) => {
      const sheet = el("div", { class: "sheet-music" });
      engrave(sheet, staff, width);
      for (const each of sheet.querySelectorAll("svg")) { each.setAttribute("role", "img"); each.setAttribute("aria-label", `${names}: ${staff.notes} notes`); }
      return el("figure", { class: `staff-of ${names.split(",")[0]}` }, el("figcaption", {}, names), sheet);
    }));
  }
}

/** The versions that are written differently, alike ones together; base only where it is looked at. */
export function versions(music: Music, { track, from, to, side }: Asked): { names: string; staff: Staff }[] {
  const found: { names: string; staff: Staff }[] = [];
  music.sides.forEach((name, number) => {
    if (music.sides.length > 2 && number === 0 && side !== 0) return;
    const staff = abcOf(music, number, track, from, to);
    const same = staff && found.find((other) => other.staff.abc === staff.abc);
    if (same) same.names += `, ${name}`; else if (staff) found.push({ names: name, staff });
  });
  return found;
}
