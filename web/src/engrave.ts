// The engraver: abcjs, in a script of its own that only pages with changed music carry.
import abcjs from "abcjs/src/api/abc_tunebook_svg";
import type { Staff } from "./staff.ts";

interface Drawn { startChar?: number; endChar?: number; abselem?: { elemset?: Element[] } }
interface Tune { lines: { staff?: { voices: Drawn[][] }[] }[] }

/** Draw a staff into an element as wide as it is; what changed gets the class `changed`. */
function engrave(into: HTMLElement, staff: Staff, width: number): void {
  const [tune] = abcjs(into, staff.abc, { add_classes: true, foregroundColor: "currentColor", staffwidth: Math.max(220, width - 40), scale: 0.85, paddingtop: 2, paddingbottom: 2, paddingleft: 4, paddingright: 4, ariaLabel: "" }) as Tune[];
  const marked = ({ startChar = 0, endChar = 0 }: Drawn) => staff.changed.some(([from]) => from >= startChar && from < endChar);
  for (const line of tune?.lines ?? []) {
    for (const { voices } of line.staff ?? []) {
      for (const each of voices.flat()) if (marked(each)) for (const drawn of each.abselem?.elemset ?? []) drawn.classList.add("changed");
    }
  }
}

Object.assign(globalThis, { museEngrave: engrave });
