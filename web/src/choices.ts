// What is chosen for each conflict of a file, with undo; and conflicts that belong together.
import type { Conflict } from "./model.ts";

export type Side = "ours" | "theirs" | "base";
export const SIDES: readonly Side[] = ["ours", "theirs", "base"];

export class Choices {
  private readonly made = new Map<number, Side>();
  private readonly past: [number, Side | undefined][][] = [];
  private readonly heard = new Set<() => void>();

  constructor(readonly conflicts: readonly Conflict[]) {}

  of(index: number): Side | undefined { return this.made.get(index); }

  get left(): number { return this.conflicts.length - this.made.size; }

  /** Choose for one conflict or for many at once; undone together. */
  choose(indexes: readonly number[], side: Side): void {
    this.past.push(indexes.map((index) => [index, this.made.get(index)]));
    for (const index of indexes) this.made.set(index, side);
    this.tell();
  }

  undo(): boolean {
    const last = this.past.pop();
    if (!last) return false;
    for (const [index, before] of last) if (before) this.made.set(index, before); else this.made.delete(index);
    this.tell();
    return true;
  }

  /** Address -> side, as `muse resolve --pick` takes it. */
  picks(): Record<string, Side> {
    return Object.fromEntries([...this.made].map(([index, side]) => [this.conflicts[index]!.address, side]));
  }

  listen(listener: () => void): void { this.heard.add(listener); }

  private tell(): void { for (const listener of this.heard) listener(); }
}

/** Conflicts of one track (or definition) in a row, as lists of indexes. */
export function groups(conflicts: readonly Conflict[]): number[][] {
  const found: number[][] = [];
  let last = "";
  conflicts.forEach((conflict, index) => {
    const owner = conflict.address.split("/")[0] ?? "";
    if (found.length && owner === last && owner.startsWith("track:")) found[found.length - 1]!.push(index);
    else found.push([index]);
    last = owner;
  });
  return found;
}
