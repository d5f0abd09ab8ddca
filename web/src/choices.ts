// What is chosen for each conflict of a file, with undo.
import type { Conflict, Group } from "./model.ts";

export type Side = "ours" | "theirs" | "base";
export const SIDES: readonly Side[] = ["ours", "theirs", "base"];

/** Choices beyond the sides, as `muse resolve --pick` names them, in words. */
const MORE: Record<string, string> = { both: "both, ours first", "both-theirs-first": "both, theirs first", "by-word": "both sides' words" };

export const inWords = (choice: string): string => MORE[choice] ?? choice;

export class Choices {
  private readonly made = new Map<number, string>();
  private readonly past: [number, string | undefined][][] = [];
  private readonly heard = new Set<() => void>();

  constructor(readonly conflicts: readonly Conflict[], readonly groups: readonly Group[]) {}

  of(index: number): string | undefined { return this.made.get(index); }

  /** The choice of a whole decision; undefined while its conflicts are open or differ. */
  ofGroup(group: number): string | undefined {
    const members = this.groups[group]?.conflicts ?? [], first = members.length ? this.of(members[0]!) : undefined;
    return members.every((index) => this.of(index) === first) ? first : undefined;
  }

  /** True when every conflict of a decision is settled, alike or not. */
  settled(group: number): boolean { return (this.groups[group]?.conflicts ?? []).every((index) => this.made.has(index)); }

  get left(): number { return this.conflicts.length - this.made.size; }
  get open(): number { return this.groups.filter((_, group) => !this.settled(group)).length; }

  /** The next decision that is open, beginning after `group` and coming round; -1 when none is. */
  next(group: number): number {
    const size = this.groups.length;
    for (let step = 1; step <= size; step++) if (!this.settled((group + step) % size)) return (group + step) % size;
    return -1;
  }

  /** Choose for one conflict or for many at once; undone together. */
  choose(indexes: readonly number[], side: string): void {
    this.past.push(indexes.map((index) => [index, this.made.get(index)]));
    for (const index of indexes) this.made.set(index, side);
    this.tell();
  }

  get undoable(): boolean { return this.past.length > 0; }

  /** Take the last choice back; the first conflict that it was about, -1 where there is none. */
  undo(): number {
    const last = this.past.pop();
    if (!last) return -1;
    for (const [index, before] of last) if (before) this.made.set(index, before); else this.made.delete(index);
    this.tell();
    return last[0]?.[0] ?? -1;
  }

  groupOf(index: number): number { return this.groups.findIndex((group) => group.conflicts.includes(index)); }

  /** Address -> side, as `muse resolve --pick` takes it. */
  picks(): Record<string, string> {
    return Object.fromEntries([...this.made].map(([index, side]) => [this.conflicts[index]!.address, side]));
  }

  listen(listener: () => void): void { this.heard.add(listener); }

  private tell(): void { for (const listener of this.heard) listener(); }
}
