// One piece on the page: toolbar, minimap, roll, lanes, the list of changes; by mouse, touch and keyboard.
import { SIDES, groups, type Choices } from "./choices.ts";
import { el, say } from "./dom.ts";
import { fit } from "./geometry.ts";
import { KINDS, kindOf, phrases, type Phrase } from "./kinds.ts";
import type { File, Music, Note } from "./model.ts";
import { theme, trackColour } from "./paint.ts";
import { Player } from "./player.ts";
import { MINIMAP, Roll, drawLane, type Shown } from "./roll.ts";
import { barAt, barEnd, bars, where } from "./time.ts";
import { count, noteName } from "./words.ts";

const HEIGHT = 400;

export class ScoreView {
  readonly root: HTMLElement;
  readonly phrases: Phrase[];
  readonly shown: Shown;
  readonly player: Player;
  private readonly roll: Roll;
  private readonly notes = el("canvas", { class: "notes", role: "img" });
  private readonly keyboard = el("canvas", { class: "keyboard", "aria-hidden": "true" });
  private readonly ruler = el("canvas", { class: "ruler", "aria-hidden": "true" });
  private readonly minimap = el("canvas", { class: "minimap", "aria-hidden": "true" });
  private readonly stage = el("div", { class: "stage", tabindex: "0", role: "application", "aria-label": "piano roll; question mark lists the keys" });
  private readonly spacer = el("div", { class: "spacer" });
  private readonly lanes: [number, HTMLCanvasElement][] = [];
  private readonly tabs: HTMLButtonElement[] = [];
  private readonly rows: HTMLButtonElement[] = [];
  private readonly place = el("span", { class: "place" });
  private readonly playing = el("button", { type: "button", class: "play", click: () => this.toggle() });
  private readonly looping = el("button", { type: "button", class: "loop", "aria-pressed": "false", title: "loop the change (l)", click: () => this.loop() }, "Loop");
  private popover: HTMLElement | null = null;
  private current = -1;
  private before: number;
  private pending = false;
  frames = 0;

  constructor(readonly file: File, readonly music: Music, private readonly choices: Choices | null) {
    this.phrases = phrases(music);
    this.roll = new Roll(music, HEIGHT);
    const side = music.sides.length - 1;
    this.before = side === 1 ? 0 : 1;
    this.shown = { zoom: 1, left: 0, side, muted: new Set(), solo: new Set(), focus: null, loop: null, head: null, picks: [], at: null };
    this.player = new Player(music, (track) => this.roll.audible(track, this.shown), (x) => this.follow(x));
    this.root = this.build();
    this.label();
    choices?.listen(() => { this.shown.picks = file.conflicts.map((_, index) => choices.of(index)); this.draw(); });
  }

  /** Call once the page is laid out: opens at the first change. */
  open(): void {
    const first = this.phrases[0];
    const mark = this.music.marks[0];
    const width = this.width();
    const from = mark ? mark[1] : first ? first.from : 0;
    const to = mark ? mark[1] + 96 : first ? Math.max(first.to, first.from + 96) : Math.min(this.music.width, 768);
    const { zoom, left } = fit(barAt(this.music, from)[0], Math.min(to, from + 1536), width);
    this.shown.zoom = zoom;
    this.spread();
    this.stage.scrollLeft = left;
    this.shown.left = this.stage.scrollLeft;
    new ResizeObserver(() => { this.spread(); this.draw(); }).observe(this.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.roll.theme = theme(); this.draw(); });
    this.draw();
  }

  private width(): number { return Math.max(200, this.stage.clientWidth); }

  private spread(): void { this.spacer.style.width = `${Math.max(this.width(), this.music.width * this.shown.zoom + 40)}px`; }

  private build(): HTMLElement {
    const { music } = this;
    music.sides.forEach((name, side) => {
      const tab = el("button", { type: "button", class: "tab", "data-side": String(side), "aria-pressed": "false", title: `show ${name} (${side + 1})`, click: () => this.choose(side) }, name);
      this.tabs.push(tab);
    });
    const button = (text: string, label: string, act: () => void, kind = "") => el("button", { type: "button", class: kind, "aria-label": label, title: label, click: act }, text);
    const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "view and sound" },
      el("span", { class: "tabs", role: "group", "aria-label": "version" }, ...this.tabs),
      this.playing, this.looping,
      button("A/B", "hear the other version at the same place (x)", () => this.swap(), "ab"),
      el("span", { class: "steps" }, button("←", "previous change (p)", () => this.step(-1), "step"), this.place, button("→", "next change (n)", () => this.step(1), "step")),
      button("−", "narrower (-)", () => this.scale(0.5), "zoom"), button("+", "wider (+)", () => this.scale(2), "zoom"),
      button("Whole piece", "the whole piece (0)", () => this.whole(), "whole"));
    const tracks = el("div", { class: "tracks", role: "group", "aria-label": "tracks" }, ...music.tracks.map((track, index) => this.track(index, track.name, track.instrument)));
    this.stage.append(el("div", { class: "sticky" }, this.ruler, this.notes), this.spacer);
    this.stage.addEventListener("scroll", () => { this.shown.left = this.stage.scrollLeft; this.closePopover(); this.draw(); });
    this.stage.addEventListener("click", (event) => this.point(event));
    this.stage.addEventListener("dblclick", (event) => this.playFrom(this.at(event)));
    this.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.altKey) return;
      event.preventDefault();
      this.scale(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - this.stage.getBoundingClientRect().left);
    }, { passive: false });
    this.pinch();
    const map = (event: PointerEvent) => {
      const box = this.minimap.getBoundingClientRect();
      this.show(((event.clientX - box.left) / box.width) * music.width, true);
    };
    this.minimap.addEventListener("pointerdown", (event) => { this.minimap.setPointerCapture(event.pointerId); map(event); });
    this.minimap.addEventListener("pointermove", (event) => { if (event.buttons) map(event); });
    this.minimap.style.height = `${MINIMAP}px`;
    const lanes = el("details", { class: "lanes" }, el("summary", {}, `Controllers (${music.lanes.length})`));
    music.lanes.forEach((lane, index) => {
      const canvas = el("canvas", { class: "lane", role: "img", "aria-label": lane.name });
      this.lanes.push([index, canvas]);
      lanes.append(el("div", { class: "lane-row" }, el("span", { class: "lane-name" }, lane.name, el("small", {}, music.tracks[lane.track]?.name ?? "")), canvas));
    });
    lanes.open = music.lanes.some((lane) => new Set(music.sides.map((_, side) => JSON.stringify(lane.points[side] ?? []))).size > 1);
    lanes.addEventListener("toggle", () => this.draw());
    const list = el("ol", { class: "phrases", "aria-label": "changes" }, ...this.phrases.map((phrase, index) => {
      const row = el("button", { type: "button", "data-phrase": String(index), click: () => this.go(index) },
        el("i", { class: "swatch", style: `background:${trackColour(phrase.track, 100, false)}` }), phrase.words);
      this.rows.push(row);
      return el("li", {}, row);
    }));
    const side = el("aside", { class: "side" },
      el("h3", {}, this.phrases.length ? `${count(this.phrases.length, "change")}` : "No note changed"), list, this.legend());
    return el("div", { class: "score", "data-file": this.file.id },
      tools, tracks, this.minimap,
      el("div", { class: "picture" }, el("div", { class: "left" }, el("div", { class: "corner" }), this.keyboard), this.stage, side),
      music.lanes.length ? lanes : null);
  }

  private track(index: number, name: string, instrument: string): HTMLElement {
    const press = (set: "muted" | "solo") => (event: MouseEvent) => {
      const button = event.currentTarget as HTMLButtonElement, chosen = this.shown[set];
      if (chosen.has(index)) chosen.delete(index); else chosen.add(index);
      button.setAttribute("aria-pressed", String(chosen.has(index)));
      say(`${name}: ${set === "solo" ? "solo" : "mute"} ${chosen.has(index) ? "on" : "off"}`);
      this.replay();
      this.draw();
    };
    return el("span", { class: "track", "data-track": String(index) },
      el("i", { class: "swatch", style: `background:${trackColour(index, 100, false)}` }), el("span", { title: instrument }, name),
      el("button", { type: "button", class: "solo", "aria-pressed": "false", "aria-label": `solo ${name}`, click: press("solo") }, "S"),
      el("button", { type: "button", class: "mute", "aria-pressed": "false", "aria-label": `mute ${name}`, click: press("muted") }, "M"));
  }

  private legend(): HTMLElement {
    const sides = this.music.sides.length;
    const used = new Set(this.music.notes.map((note) => kindOf(note[6], this.shown.side, sides)));
    const keys: [string, string][] = [["space", "play or stop"], ["n p", "next, previous change"], ["1 2 3 4", "version"], ["x", "the other version, at the same place"],
      ["l", "loop the change"], ["+ - 0", "zoom, whole piece"], ["← →", "scroll"], ...(this.choices ? [["o t b", "keep ours, theirs, base"], ["u", "undo"], ["s", "save"]] as [string, string][] : [])];
    return el("details", { class: "legend" }, el("summary", {}, "Legend and keys"),
      el("ul", {}, ...[...used].filter((kind) => kind !== null).map((kind) => el("li", {}, el("i", { class: `kind ${kind}` }), KINDS[kind]))),
      el("dl", {}, ...keys.flatMap(([key, words]) => [el("dt", {}, key), el("dd", {}, words)])));
  }

  private label(): void {
    const { music, shown } = this;
    this.tabs.forEach((tab, side) => tab.setAttribute("aria-pressed", String(side === shown.side)));
    const has = music.notes.filter((note) => (note[6] >> shown.side) & 1).length;
    this.notes.setAttribute("aria-label", `${music.sides[shown.side]}: ${count(has, "note")}, ${count(this.phrases.length, "change")}`);
    this.playing.textContent = this.player?.playing ? "■ Stop" : "▶ Play";
    this.playing.setAttribute("aria-label", this.player?.playing ? "stop (space)" : `play ${music.sides[shown.side]} (space)`);
    this.place.textContent = this.phrases.length ? `${this.current < 0 ? "–" : this.current + 1} of ${count(this.phrases.length, "change")}` : "no changes";
    this.rows.forEach((row, index) => row.toggleAttribute("data-current", index === this.current));
  }

  /** Ask for a picture in the next frame; many requests make one. */
  draw(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.frames++;
      const width = this.width();
      this.roll.drawNotes(this.notes, width, this.shown);
      this.roll.drawRuler(this.ruler, width, this.shown);
      if (this.keyboard.dataset.drawn !== String(this.roll.theme.dark)) { this.roll.drawKeyboard(this.keyboard); this.keyboard.dataset.drawn = String(this.roll.theme.dark); }
      this.roll.drawMinimap(this.minimap, Math.max(200, this.root.clientWidth), this.shown, width);
      for (const [index, canvas] of this.lanes) if (canvas.offsetParent !== null) drawLane(canvas, width, this.music, index, this.shown, this.roll.theme);
    });
  }

  choose(side: number): void {
    if (side < 0 || side >= this.music.sides.length) return;
    if (side !== this.shown.side) this.before = this.shown.side;
    this.shown.side = side;
    this.player.change(side);
    this.label();
    this.draw();
    say(`${this.music.sides[side]}`);
  }

  swap(): void { this.choose(this.before); }

  scale(by: number, around = this.width() / 2): void {
    const x = (this.shown.left + around) / this.shown.zoom;
    this.shown.zoom = Math.min(24, Math.max(0.02, this.shown.zoom * by));
    this.spread();
    this.stage.scrollLeft = x * this.shown.zoom - around;
    this.shown.left = this.stage.scrollLeft;
    this.draw();
  }

  whole(): void {
    this.shown.zoom = Math.max(0.02, this.width() / Math.max(1, this.music.width));
    this.spread();
    this.stage.scrollLeft = this.shown.left = 0;
    this.draw();
  }

  show(x: number, middle = false): void {
    const left = x * this.shown.zoom, width = this.width();
    if (middle || left < this.shown.left + 20 || left > this.shown.left + width - 60) this.stage.scrollLeft = left - (middle ? width / 2 : width / 4);
    this.shown.left = this.stage.scrollLeft;
    this.draw();
  }

  step(by: number): void {
    if (!this.phrases.length) { say("no note changed"); return; }
    const size = this.phrases.length;
    this.go(this.current < 0 ? (by > 0 ? 0 : size - 1) : (this.current + by + size) % size);
  }

  /** Go to a change: it stays in sight whatever is zoomed afterwards. */
  go(index: number): void {
    const phrase = this.phrases[index]!;
    this.current = index;
    this.shown.focus = { from: phrase.from, to: phrase.to, low: phrase.low, high: phrase.high };
    const wide = (phrase.to - phrase.from) * this.shown.zoom, width = this.width();
    if (wide > width * 0.9 || wide < 24) Object.assign(this.shown, { zoom: fit(phrase.from, Math.min(phrase.to, phrase.from + 3072), width).zoom });
    this.spread();
    this.stage.scrollLeft = Math.max(0, phrase.from * this.shown.zoom - width / 5);
    this.shown.left = this.stage.scrollLeft;
    if (this.shown.loop) this.setLoop();
    this.label();
    this.draw();
    this.rows[index]?.scrollIntoView({ block: "nearest" });
    say(`change ${index + 1} of ${this.phrases.length}: ${phrase.words}`);
  }

  /** Go to a conflict of the file. */
  conflict(index: number): void {
    const mark = this.music.marks.find((each) => each[0] === index);
    this.shown.at = index;
    if (!mark) { this.draw(); return; }
    const pitch = mark[2];
    this.shown.focus = pitch === null ? null : { from: mark[1], to: mark[1] + 24, low: pitch, high: pitch };
    this.show(mark[1], true);
    say(`conflict ${index + 1} of ${this.file.conflicts.length} at ${where(this.music, mark[1])}`);
  }

  private at(event: MouseEvent): number { return (event.clientX - this.stage.getBoundingClientRect().left + this.shown.left) / this.shown.zoom; }

  private point(event: MouseEvent): void {
    const x = this.at(event), y = event.clientY - this.notes.getBoundingClientRect().top;
    this.closePopover();
    const near = this.music.marks.find(([, at, pitch]) => Math.abs(at - x + 8 / this.shown.zoom) < 20 / this.shown.zoom + 8 && (pitch === null || Math.abs(this.roll.y(pitch) + this.roll.row / 2 - y) < this.roll.row + 4));
    if (near && this.choices) { this.ask(near[0], event); return; }
    const hit = this.roll.hit(x, y, this.shown);
    if (hit) { this.tell(hit); return; }
    this.shown.focus = null;
    say(where(this.music, x));
    this.draw();
  }

  private tell(note: Note): void {
    const { music } = this;
    const have = music.sides.filter((_, side) => (note[6] >> side) & 1).join(", ");
    this.shown.focus = { from: note[3], to: note[3] + note[4], low: note[2], high: note[2] };
    const index = this.phrases.findIndex((phrase) => phrase.notes.includes(note));
    if (index >= 0) this.current = index;
    this.label();
    this.draw();
    say(`${noteName(note[1], note[2], music.flats)} at ${where(music, note[3])}, velocity ${note[5]}, ${music.tracks[note[0]]?.name}; in: ${have}`);
  }

  /** The choice on the notes themselves. */
  private ask(index: number, event: MouseEvent): void {
    const conflict = this.file.conflicts[index], choices = this.choices;
    if (!conflict || !choices) return;
    this.conflict(index);
    const group = groups(this.file.conflicts).find((each) => each.includes(index)) ?? [index];
    const box = this.root.getBoundingClientRect();
    const pick = (which: number[], side: (typeof SIDES)[number]) => () => { choices.choose(which, side); this.closePopover(); };
    const says = (side: (typeof SIDES)[number]) => conflict[side] || "nothing";
    this.popover = el("div", { class: "popover", role: "dialog", "aria-label": "keep which?", style: `left:${Math.min(event.clientX - box.left, box.width - 330)}px;top:${event.clientY - box.top + 12}px` },
      ...SIDES.map((side) => el("div", { class: `answer ${side}` },
        el("button", { type: "button", class: "keep", click: pick([index], side) }, `Keep ${side}`),
        el("button", { type: "button", class: "hear", "aria-label": `hear ${side}`, click: () => this.hear(side, index) }, "▶"),
        el("span", {}, says(side)))),
      group.length > 1 ? el("p", {}, `All ${group.length} of this passage: `, ...SIDES.map((side) => el("button", { type: "button", class: "all", click: pick(group, side) }, side))) : null);
    this.root.append(this.popover);
    this.popover.querySelector("button")!.focus();
  }

  closePopover(): void { this.popover?.remove(); this.popover = null; }

  /** Play the bar of a conflict in one version, looped. */
  hear(name: string, index: number): void {
    const side = this.music.sides.indexOf(name), mark = this.music.marks.find((each) => each[0] === index);
    if (side < 0 || !mark) return;
    this.choose(side);
    const bar = barAt(this.music, mark[1])[0];
    this.shown.loop = [bar, barEnd(this.music, bar)];
    this.looping.setAttribute("aria-pressed", "true");
    this.play();
  }

  private setLoop(): void {
    const phrase = this.phrases[Math.max(0, this.current)];
    const from = barAt(this.music, phrase ? phrase.from : this.shown.left / this.shown.zoom)[0];
    const to = phrase ? barEnd(this.music, Math.min(phrase.to, phrase.from + 1536) - 0.01) : barEnd(this.music, from);
    this.shown.loop = [from, Math.max(to, barEnd(this.music, from))];
    say(`loops ${bars(this.music, ...this.shown.loop)}`);
  }

  loop(): void {
    if (this.shown.loop) this.shown.loop = null; else this.setLoop();
    this.looping.setAttribute("aria-pressed", String(this.shown.loop !== null));
    this.replay();
    this.draw();
  }

  toggle(): void { if (this.player.playing) this.player.stop(); else this.play(); this.label(); }

  playFrom(x: number): void { this.play(x); }

  private replay(): void { if (this.player.playing) this.play(this.shown.loop ? undefined : this.player.position()); }

  private play(from?: number): void {
    const { loop, left, zoom, side } = this.shown;
    document.dispatchEvent(new CustomEvent("muse-play", { detail: this }));
    const begin = from ?? loop?.[0] ?? barAt(this.music, this.shown.focus?.from ?? left / zoom)[0];
    this.player.start(side, begin, loop ? loop[1] : this.music.width, loop !== null);
    document.documentElement.dataset.playing = this.music.sides[side]!;
    this.label();
  }

  private follow(x: number | null): void {
    this.shown.head = x;
    if (x === null) { delete document.documentElement.dataset.playing; this.label(); }
    else {
      document.documentElement.dataset.playing = this.music.sides[this.shown.side]!;
      const px = x * this.shown.zoom - this.shown.left;
      if (!this.shown.loop && (px > this.width() - 80 || px < 0)) this.show(x);
    }
    this.draw();
  }

  private pinch(): void {
    const fingers = new Map<number, number>();
    let apart = 0;
    const spread = () => { const [a, b] = [...fingers.values()]; return Math.abs(a! - b!); };
    this.stage.addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") { fingers.set(event.pointerId, event.clientX); if (fingers.size === 2) apart = spread(); } });
    this.stage.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event.clientX);
      if (fingers.size === 2 && apart > 0) { const now = spread(); this.scale(now / apart); apart = now; }
    });
    for (const kind of ["pointerup", "pointercancel"] as const) this.stage.addEventListener(kind, (event) => { fingers.delete(event.pointerId); apart = 0; });
  }

  /** True when the key was for this view. */
  key(event: KeyboardEvent): boolean {
    const acts: Record<string, () => void> = {
      n: () => this.step(1), p: () => this.step(-1), x: () => this.swap(), l: () => this.loop(), "+": () => this.scale(2), "=": () => this.scale(2),
      "-": () => this.scale(0.5), "0": () => this.whole(), Escape: () => { if (this.popover) this.closePopover(); else this.player.stop(); },
      " ": () => this.toggle(),
    };
    if (/^[1-4]$/.test(event.key)) { this.choose(Number(event.key) - 1); return true; }
    const act = acts[event.key];
    if (!act || (event.key === " " && (event.target as HTMLElement).closest("button,summary,a,input"))) return false;
    act();
    return true;
  }
}
