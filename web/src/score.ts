// One piece on the page: toolbar, minimap, roll, lanes, the list of changes; by mouse, touch and keyboard.
import { MINIMAP, type Focus, type Shown } from "./canvas.ts";
import { inUse } from "./bank.ts";
import { Chips } from "./chips.ts";
import type { Choices } from "./choices.ts";
import { el, say } from "./dom.ts";
import { around } from "./decisions.ts";
import { drawKeyboard, drawMinimap, drawRuler } from "./frame.ts";
import { fit, fitRows } from "./geometry.ts";
import { phrases, type Phrase, type Whose } from "./kinds.ts";
import { differs, drawLane, drawVelocities, tempoLane } from "./lanes.ts";
import { ChangeList } from "./list.ts";
import { UNIT, type File, type Lane, type Music, type Note } from "./model.ts";
import { theme } from "./paint.ts";
import { PACES, button, legend, pace, tracks } from "./parts.ts";
import { Player } from "./player.ts";
import { Roll } from "./roll.ts";
import { Sheet, type Asked } from "./sheet.ts";
import { barAt, barEnd, bars, seconds, where } from "./time.ts";
import { pinch, turned } from "./touch.ts";
import { count, noteName } from "./words.ts";

const FINGER = 12;

export class ScoreView {
  readonly root: HTMLElement;
  readonly shown: Shown;
  readonly player: Player;
  phrases: Phrase[];
  roll: Roll;
  private readonly chips: Chips;
  private readonly sheet: Sheet;
  private readonly notes = el("canvas", { class: "notes", role: "img" });
  private readonly keyboard = el("canvas", { class: "keyboard", "aria-hidden": "true" });
  private readonly ruler = el("canvas", { class: "ruler", "aria-hidden": "true" });
  private readonly minimap = el("canvas", { class: "minimap", "aria-hidden": "true" });
  private readonly stage = el("div", { class: "stage", tabindex: "0", role: "application", "aria-label": "piano roll; question mark lists the keys" });
  private readonly spacer = el("div", { class: "spacer" });
  private readonly velocities = el("canvas", { class: "lane", role: "img", "aria-label": "velocities" });
  private readonly lanes: [Lane, HTMLCanvasElement][] = [];
  private readonly tabs: HTMLButtonElement[] = [];
  private readonly list: ChangeList;
  private readonly heard = el("span", { class: "heard" });
  private readonly place = el("span", { class: "place" });
  private readonly playing = el("button", { type: "button", class: "play", click: () => this.toggle() });
  private readonly looping = el("button", { type: "button", class: "loop", "aria-pressed": "false", title: "loop the change (l)", click: () => this.loop() }, "Loop");
  private readonly tempo = pace((percent) => this.pace(percent));
  private current = -1;
  private before: number;
  private pending = false;
  private seen = 0;
  /** Of a low screen the roll leaves room for what stands below it. */
  private readonly most = Math.max(240, Math.min(420, Math.round(innerHeight * 0.44)));
  frames = 0;

  constructor(readonly file: File, public music: Music, private readonly choices: Choices | null, pick: (group: number, side: string) => void) {
    this.phrases = phrases(music);
    this.roll = new Roll(music, file.groups);
    const side = music.sides.length - 1;
    this.before = side === 1 ? 0 : 1;
    this.shown = {
      zoom: 1, left: 0, top: 0, row: 12, height: this.most, side, lead: null, muted: new Set(), solo: new Set(), hidden: new Set(),
      focus: null, loop: null, head: null, decided: [], at: null,
    };
    this.player = new Player(() => this.music, (note) => this.roll.kept(note, this.shown), (x) => this.follow(x), (bank) => { this.heard.textContent = inUse(bank); });
    this.chips = new Chips(file.groups, choices, { go: (group) => this.decide(group), hear: (name, group) => this.hear(name, group), pick });
    this.sheet = new Sheet(() => this.music, () => this.bars());
    this.list = new ChangeList(file, music, { go: (index) => this.go(index), decide: (group) => this.decide(group), show: (whose) => this.flip(this.shown.hidden, whose, whose), all: () => this.everything() }, legend(music, choices !== null));
    this.root = this.build();
    this.relist();
    choices?.listen(() => { this.shown.decided = file.groups.map((_, group) => choices.ofGroup(group)); this.chips.label(); this.label(); this.draw(); });
  }

  /** Call once the page is laid out: opens at the first conflict or else the first change. */
  open(): void {
    const first = this.phrases[0];
    const spots = this.roll.spots.map((spot, group) => ({ spot, group })).filter(({ spot }) => spot !== null);
    spots.sort((a, b) => a.spot!.from - b.spot!.from);
    new ResizeObserver(() => this.resized()).observe(this.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.roll.theme = theme(); this.draw(); });
    if (spots.length) this.decide(spots[0]!.group, true);
    else if (first) { this.current = 0; this.shown.lead = this.leading(first.track); this.frame(this.pitched(first)); }
    else this.frame({ from: 0, to: Math.min(this.music.width, 768), low: this.roll.span.low, high: this.roll.span.high });
    this.label();
  }

  focus(): void { this.stage.focus(); }

  /** Another result, as the choices make it; the place and the sound stay. */
  replace(music: Music): void {
    const at = this.phrases[this.current], now = this.roll.theme;
    this.music = music;
    this.roll = new Roll(music, this.file.groups);
    this.roll.theme = now;
    this.phrases = phrases(music);
    this.current = at ? this.phrases.findIndex((phrase) => phrase.track === at.track && phrase.from <= at.to && phrase.to >= at.from) : -1;
    this.relist();
    this.spread();
    this.player.refresh();
    this.draw();
  }

  /** What was looked at stays in sight when a window is made narrower, or a telephone is turned. */
  private resized(): void {
    const { shown } = this, wide = this.width(), before = this.seen, spot = shown.at === null ? null : this.roll.spots[shown.at], at = shown.focus ?? spot;
    const px = at ? ((at.from + at.to) / 2) * shown.zoom - shown.left : -1;
    this.seen = wide;
    if (before && Math.abs(wide - before) > 40 && at && px >= 0 && px <= before) this.frame(around(this.music, this.pitched(at, shown.lead), shown.lead));
    this.spread();
    this.draw();
  }

  private width(): number { return Math.max(200, this.stage.clientWidth); }

  private spread(): void {
    const { shown } = this;
    shown.height = Math.min(this.most, Math.max(160, this.roll.tall(shown)));
    this.spacer.style.width = `${Math.max(this.width(), this.music.width * shown.zoom + 40)}px`;
    this.spacer.style.height = `${this.ruler.offsetHeight + Math.max(shown.height, this.roll.tall(shown))}px`;
  }

  /** Scroll to a place of the picture, as far as there is one. */
  private scroll(left: number, top = this.shown.top): void {
    this.spread();
    this.stage.scrollTo(Math.max(0, left), Math.max(0, top));
    this.shown.left = this.stage.scrollLeft;
    this.shown.top = Math.min(this.stage.scrollTop, Math.max(0, this.roll.tall(this.shown) - this.shown.height));
    this.draw();
  }

  /** Zoom and scroll so that a rectangle of time and pitch is in the middle and readable. */
  private frame(at: Focus): void {
    const { zoom, left } = fit(barAt(this.music, at.from)[0], Math.min(Math.max(at.to, at.from + UNIT * 4), at.from + 1536), this.width());
    const { row, top } = fitRows(this.roll.span, at.low, at.high, this.shown.height);
    Object.assign(this.shown, { zoom, row });
    this.scroll(left, Math.round(top / row) * row);
  }

  /** The track to look at: none for what is about no notes. */
  private leading(track: number | null): number | null { return track !== null && this.music.notes.some((note) => note[0] === track) ? track : null; }

  /** The same stretch of time, as high as its notes are: for what is about no pitch. */
  private pitched(at: Focus, track: number | null = null): Focus {
    if (at.high - at.low < 127) return at;
    let low = 128, high = -1;
    for (const note of this.roll.index.between(at.from, at.to)) {
      if (track !== null && note[0] !== track) continue;
      low = Math.min(low, note[2]);
      high = Math.max(high, note[2]);
    }
    return { ...at, ...(high < 0 ? this.roll.span : { low, high }) };
  }

  private build(): HTMLElement {
    const { music, file } = this;
    music.sides.forEach((name, side) => {
      this.tabs.push(el("button", { type: "button", class: `tab ${name}`, "data-side": String(side), "aria-pressed": "false", title: `show ${name} (${side + 1})`, click: () => this.choose(side) }, name));
    });
    const many = music.sides.length > 1;
    const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "view and sound" },
      el("span", { class: "tabs", role: "group", "aria-label": "version" }, ...this.tabs),
      this.playing, this.looping,
      many ? button("A/B", "hear the other version at the same place (x)", () => this.swap(), "ab") : null, this.tempo,
      !many ? null : el("span", { class: "steps" }, button("←", "previous change (p)", () => this.step(-1), "step"), this.place, button("→", "next change (n)", () => this.step(1), "step")),
      button("−", "narrower (-)", () => this.scale(0.5), "zoom"), button("+", "wider (+)", () => this.scale(2), "zoom"),
      el("button", { type: "button", class: "whole", "aria-label": "the whole piece (0)", title: "the whole piece (0)", click: () => this.whole() }, "Whole", el("span", { class: "verb" }, " piece")), this.heard);
    const named = tracks(music, (what, track) => this.flip(this.shown[what], track, `${music.tracks[track]?.name}: ${what === "solo" ? "solo" : "mute"}`), (track) => this.look(track));
    this.stage.append(el("div", { class: "sticky" }, this.ruler, el("div", { class: "sheet" }, this.notes, this.chips.root)), this.spacer);
    this.listen();
    return el("div", { class: "score", "data-file": file.id, style: `--roll: ${this.most}px` },
      tools, named, this.minimap,
      el("div", { class: "picture" }, el("div", { class: "left" }, el("div", { class: "corner" }), this.keyboard), this.stage, this.list.root),
      el("div", { class: "lane-row" }, el("span", { class: "lane-name" }, "velocity"), this.velocities), this.sheet.root, this.controllers());
  }

  private controllers(): HTMLElement | null {
    const { music } = this, tempo = tempoLane(music), all = tempo ? [tempo, ...music.lanes] : music.lanes;
    if (!all.length) return null;
    const made = el("details", { class: "lanes" }, el("summary", {}, `Tempo and controllers (${all.length})`));
    const quiet = el("details", { class: "quiet" }, el("summary", {}, "the same in every version"));
    for (const lane of all) {
      const canvas = el("canvas", { class: "lane", role: "img", "aria-label": lane.name });
      this.lanes.push([lane, canvas]);
      (differs(music, lane) ? made : quiet).append(el("div", { class: "lane-row" }, el("span", { class: "lane-name" }, lane.name, el("small", {}, music.tracks[lane.track]?.name ?? "")), canvas));
    }
    const apart = made.childElementCount > 1;
    if (quiet.childElementCount > 1) made.append(...(apart ? [quiet] : [...quiet.children].slice(1)));
    quiet.addEventListener("toggle", () => this.draw());
    made.open = all.some((lane) => differs(music, lane));
    made.addEventListener("toggle", () => this.draw());
    return made;
  }

  private listen(): void {
    const { stage, minimap } = this;
    stage.addEventListener("scroll", () => {
      this.shown.left = stage.scrollLeft;
      this.shown.top = Math.min(stage.scrollTop, Math.max(0, this.roll.tall(this.shown) - this.shown.height));
      this.draw();
    });
    stage.addEventListener("click", (event) => { if (!(event.target as HTMLElement).closest(".chip")) this.point(event); });
    stage.addEventListener("dblclick", (event) => { if (!(event.target as HTMLElement).closest(".chip")) this.play(this.at(event)); });
    stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.altKey) return;
      event.preventDefault();
      const by = turned(event.deltaY);
      if (event.altKey) this.taller(by); else this.scale(by, event.clientX - stage.getBoundingClientRect().left);
    }, { passive: false });
    pinch(stage, ({ by, at, moved }) => { this.scale(by, at); if (moved) this.scroll(this.shown.left - moved); });
    const map = (event: PointerEvent) => {
      const box = minimap.getBoundingClientRect();
      this.show(((event.clientX - box.left) / box.width) * this.music.width, true);
    };
    minimap.addEventListener("pointerdown", (event) => { minimap.setPointerCapture(event.pointerId); map(event); });
    minimap.addEventListener("pointermove", (event) => { if (event.buttons) map(event); });
    minimap.style.height = `${MINIMAP}px`;
  }

  private relist(): void {
    const { roll, shown } = this;
    this.list.fill(this.music, this.phrases, (phrase) => (phrase.notes.length ? phrase.notes.some((note) => roll.kept(note, shown)) : phrase.track < 0 || roll.audible(phrase.track, shown)), shown.hidden, this.filtered);
    this.label();
  }

  /** The bars and the track whose staff is drawn: of what is looked at, or else of the first change or what is in sight. */
  private bars(): Asked | null {
    const { shown, music } = this, spot = shown.at === null ? null : this.roll.spots[shown.at], first = this.phrases[this.list.order[0] ?? 0];
    const seen = { from: shown.left / shown.zoom, to: (shown.left + this.width()) / shown.zoom };
    const at = shown.focus ?? (this.current >= 0 ? this.phrases[this.current]! : spot ?? (shown.lead === first?.track ? first : null)) ?? seen;
    const track = shown.lead ?? this.phrases[this.current]?.notes[0]?.[0] ?? first?.notes[0]?.[0] ?? first?.track ?? music.notes[0]?.[0];
    if (this.current < 0 ? spot?.whole && shown.lead === null && !shown.focus : !this.phrases[this.current]!.notes.length) return null; // about no notes
    return track === undefined || track < 0 ? null : { track, from: barAt(music, at.from)[0], to: Math.max(at.to, at.from + 1), side: shown.side };
  }

  private get filtered(): boolean { return this.shown.muted.size + this.shown.solo.size + this.shown.hidden.size > 0; }

  /** Turn a filter on or off: the roll, the list and the sound keep to it from now on. */
  private flip<T>(chosen: Set<T>, each: T, words: string): void {
    if (!chosen.delete(each)) chosen.add(each);
    this.filter();
    say(`${words} ${chosen.has(each) ? (chosen === (this.shown.hidden as Set<unknown>) ? "hidden" : "on") : chosen === (this.shown.hidden as Set<unknown>) ? "shown" : "off"}`);
  }

  private filter(): void {
    this.relist();
    this.replay();
    this.draw();
  }

  private everything(): void {
    for (const each of [this.shown.muted, this.shown.solo, this.shown.hidden]) each.clear();
    this.filter();
    say("everything is shown");
  }

  /** What is filtered and how fast it plays, for `choosing` on a page that is loaded anew. */
  chosen(): unknown[][] { return [[...this.shown.muted], [...this.shown.solo], [...this.shown.hidden], [this.tempo.value]]; }

  choosing([muted, solo, hidden, [percent]]: [number[], number[], Whose[], [string]]): void {
    Object.assign(this.shown, { muted: new Set(muted), solo: new Set(solo), hidden: new Set(hidden) });
    this.pace(Number(percent));
    this.filter();
  }

  /** Look at one track: the others pale, the keyboard and the velocities are its own. Once more: at all of them. */
  private look(track: number): void {
    this.shown.lead = this.shown.lead === track ? null : track;
    say(this.shown.lead === null ? "all tracks" : `${this.music.tracks[track]?.name}`);
    this.label();
    this.draw();
  }

  private label(): void {
    const { music, shown } = this, name = music.sides[shown.side]!;
    this.tabs.forEach((tab, side) => tab.setAttribute("aria-pressed", String(side === shown.side)));
    const has = music.notes.filter((note) => (note[6] >> shown.side) & 1).length;
    this.notes.setAttribute("aria-label", `${name}: ${count(has, "note")}, ${count(this.phrases.length, "change")}`);
    this.playing.textContent = this.player?.playing ? "■ Stop" : "▶ Play";
    this.playing.setAttribute("aria-label", this.player?.playing ? "stop (space)" : `play ${name} (space)`);
    const { order } = this.list, at = order.indexOf(this.current);
    this.place.textContent = order.length ? (at < 0 ? "" : `${at + 1} of `) + count(order.length, "change") : this.phrases.length ? "all hidden" : "no changes";
    this.list.mark(this.current, shown.at, (group) => this.choices?.settled(group) ?? false);
    for (const each of this.root?.querySelectorAll<HTMLElement>(".track") ?? []) {
      const track = Number(each.dataset.track), state = { name: track === shown.lead, solo: shown.solo.has(track), mute: shown.muted.has(track) };
      for (const [kind, on] of Object.entries(state)) each.querySelector(`.${kind}`)!.setAttribute("aria-pressed", String(on));
      each.classList.toggle("off", !this.roll.audible(track, shown));
    }
  }

  /** Ask for a picture in the next frame; many requests make one. */
  draw(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.frames++;
      const { shown, roll } = this, width = this.width();
      roll.draw(this.notes, width, shown);
      drawRuler(this.ruler, width, roll, shown);
      drawKeyboard(this.keyboard, roll, shown);
      drawMinimap(this.minimap, Math.max(200, this.root.clientWidth), roll, shown, width);
      drawVelocities(this.velocities, width, roll, shown);
      for (const [lane, canvas] of this.lanes) if (canvas.offsetParent !== null) drawLane(canvas, width, this.music, lane, shown, roll.theme);
      this.chips.place(roll, shown, width);
      this.sheet.later();
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

  swap(): void { if (this.music.sides.length > 1) this.choose(this.before); }

  /** Zoom around a place of the picture: where it is not given, around what is looked at, if that is in sight. */
  scale(by: number, around = this.middle()): void {
    const x = (this.shown.left + around) / this.shown.zoom;
    this.shown.zoom = Math.min(24, Math.max(0.02, this.shown.zoom * by));
    this.scroll(x * this.shown.zoom - around);
  }

  private middle(): number {
    const { shown } = this, width = this.width(), at = shown.focus ?? (shown.at === null ? null : this.roll.spots[shown.at]);
    const px = at ? ((at.from + Math.min(at.to, at.from + width / shown.zoom)) / 2) * shown.zoom - shown.left : -1;
    return px >= 0 && px <= width ? px : width / 2;
  }

  /** Rows taller or lower around the middle of what is in sight. */
  taller(by: number): void {
    const { shown } = this, middle = (shown.top + shown.height / 2) / shown.row;
    shown.row = Math.min(24, Math.max(3, Math.round(shown.row * by + Math.sign(by - 1) * 0.5)));
    this.scroll(shown.left, middle * shown.row - shown.height / 2);
  }

  whole(): void {
    this.shown.zoom = Math.max(0.02, this.width() / Math.max(1, this.music.width));
    this.shown.row = Math.max(3, Math.min(14, Math.floor(this.most / (this.roll.span.high - this.roll.span.low + 1))));
    this.shown.focus = null; // playing begins at the beginning, too
    this.scroll(0, 0);
  }

  show(x: number, middle = false): void {
    const left = x * this.shown.zoom, width = this.width();
    if (middle || left < this.shown.left + 20 || left > this.shown.left + width - 60) this.scroll(left - (middle ? width / 2 : width / 4));
    this.draw();
  }

  step(by: number): void {
    const { order } = this.list, now = this.current;
    if (!order.length) { say(this.phrases.length ? "every change is hidden" : "no note changed"); return; }
    this.go(by > 0 ? order.find((each) => each > now) ?? order[0]! : [...order].reverse().find((each) => each < now) ?? order[order.length - 1]!);
  }

  /** Go to a change: it stays in sight whatever is zoomed afterwards. */
  go(index: number): void {
    const phrase = this.phrases[index]!, { shown } = this;
    this.current = index;
    shown.focus = this.pitched(phrase);
    shown.lead = this.leading(phrase.track);
    const wide = (phrase.to - phrase.from) * shown.zoom, width = this.width();
    if (wide > width * 0.9 || wide < 24) shown.zoom = fit(phrase.from, Math.min(phrase.to, phrase.from + 3072), width).zoom;
    const { row, top } = fitRows(this.roll.span, shown.focus.low, shown.focus.high, shown.height);
    shown.row = row;
    this.scroll(Math.max(0, phrase.from * shown.zoom - width / 5), Math.round(top / row) * row);
    if (shown.loop) this.setLoop();
    this.label();
    this.list.reveal(index);
    const at = this.list.order.indexOf(index);
    say(at < 0 ? phrase.words : `change ${at + 1} of ${this.list.order.length}: ${phrase.words}`);
  }

  /** Go to a decision of the file; with `quiet` nothing is said, as when the page opens. */
  decide(group: number, quiet = false): void {
    const spot = this.roll.spots[group], { shown } = this;
    shown.at = group;
    shown.focus = null;
    this.current = -1;
    if (spot) {
      shown.lead = this.leading(this.file.groups[group]!.track);
      this.frame(around(this.music, this.pitched(spot, shown.lead), shown.lead));
      if (shown.loop) this.setLoop();
    }
    this.label();
    this.draw();
    if (!quiet) say(`${group + 1} of ${this.file.groups.length} to settle: ${this.file.groups[group]?.words}`);
  }

  /** Go to a single conflict of the file. */
  conflict(index: number): void {
    const mark = this.music.marks.find((each) => each[0] === index), { shown } = this;
    shown.at = this.file.groups.findIndex((group) => group.conflicts.includes(index));
    if (!mark) { this.draw(); return; }
    const pitch = mark[2];
    shown.focus = pitch === null ? null : { from: mark[1], to: mark[1] + 24, low: pitch, high: pitch };
    if (pitch !== null) this.scroll(shown.left, fitRows(this.roll.span, pitch, pitch, shown.height).top * (shown.row / fitRows(this.roll.span, pitch, pitch, shown.height).row));
    this.show(mark[1], true);
    say(`conflict ${index + 1} of ${this.file.conflicts.length} at ${where(this.music, mark[1])}`);
  }

  private at(event: MouseEvent): number { return (event.clientX - this.stage.getBoundingClientRect().left + this.shown.left) / this.shown.zoom; }

  private point(event: MouseEvent): void {
    const x = this.at(event), y = event.clientY - this.notes.getBoundingClientRect().top;
    const hit = this.roll.hit(x, y, this.shown, (event as PointerEvent).pointerType === "touch" ? FINGER : 0);
    if (hit) { this.tell(hit); return; }
    this.shown.focus = null;
    this.shown.lead = null;
    say(where(this.music, x));
    this.label();
    this.draw();
  }

  private tell(note: Note): void {
    const { music } = this;
    const have = music.sides.filter((_, side) => (note[6] >> side) & 1).join(", ");
    this.shown.focus = { from: note[3], to: note[3] + note[4], low: note[2], high: note[2] };
    this.shown.lead = note[0];
    const index = this.phrases.findIndex((phrase) => phrase.notes.includes(note));
    if (index >= 0) this.current = index;
    this.label();
    this.draw();
    say(`${noteName(note[1], note[2], music.flats)} at ${where(music, note[3])}, velocity ${note[5]}, ${music.tracks[note[0]]?.name}; in: ${have}`);
  }

  /** Play the bars of a decision in one version, over and over; once more: stop. */
  hear(name: string, group: number): void {
    const side = this.music.sides.indexOf(name), spot = this.roll.spots[group];
    if (side < 0) return;
    if (this.player.playing && this.shown.at === group && this.shown.side === side && this.shown.loop) { this.player.stop(); return; }
    if (this.shown.at !== group) this.decide(group);
    this.choose(side);
    if (spot) this.shown.loop = this.barsOf(spot);
    this.looping.setAttribute("aria-pressed", String(this.shown.loop !== null));
    this.play();
    const track = this.file.groups[group]!.track;
    if (track !== null && !this.roll.audible(track, this.shown)) say(`${this.music.tracks[track]?.name} is muted: nothing of it is heard`);
  }

  private barsOf(span: { from: number; to: number }): [number, number] {
    const from = barAt(this.music, span.from)[0];
    return [from, Math.max(barEnd(this.music, from), barEnd(this.music, Math.min(span.to, span.from + 1536) - 0.01))];
  }

  private setLoop(): void {
    const phrase = this.phrases[Math.max(0, this.current)], spot = this.shown.at === null ? null : this.roll.spots[this.shown.at];
    const x = this.shown.left / this.shown.zoom;
    this.shown.loop = this.barsOf((this.current >= 0 ? phrase : spot ?? phrase) ?? { from: x, to: x + 1 });
    say(`loops ${bars(this.music, ...this.shown.loop)}`);
  }

  loop(): void {
    if (this.shown.loop) this.shown.loop = null; else this.setLoop();
    this.looping.setAttribute("aria-pressed", String(this.shown.loop !== null));
    this.replay();
    this.draw();
  }

  toggle(): void { if (this.player.playing) this.player.stop(); else this.play(); this.label(); }

  private pace(percent: number): void {
    this.tempo.value = String(percent);
    this.player.pace(percent / 100);
    say(`tempo: ${percent} % of what is written`);
  }

  private faster(by: number): void { this.pace(PACES[PACES.findIndex((each) => String(each) === this.tempo.value) + by] ?? Number(this.tempo.value)); }

  private replay(): void { if (this.player.playing) this.play(this.shown.loop ? undefined : this.player.position()); }

  private play(from?: number): void {
    const { loop, left, zoom, side } = this.shown;
    if (loop && seconds(this.music, side, loop[1]) - seconds(this.music, side, loop[0]) < 0.02) { say(`${this.music.sides[side]} has none of these bars`); return; }
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

  /** True when the key was for this view. */
  key(event: KeyboardEvent): boolean {
    const acts: Record<string, () => void> = {
      n: () => this.step(1), p: () => this.step(-1), x: () => this.swap(), l: () => this.loop(), "+": () => this.scale(2), "=": () => this.scale(2),
      "-": () => this.scale(0.5), "0": () => this.whole(), "[": () => this.taller(0.8), "]": () => this.taller(1.25),
      "<": () => this.faster(-1), ">": () => this.faster(1), Escape: () => this.player.stop(), " ": () => this.toggle(),
    };
    if (/^[1-4]$/.test(event.key)) { this.choose(Number(event.key) - 1); return true; }
    const act = acts[event.key];
    if (!act || (event.key === " " && (event.target as HTMLElement).closest("button,summary,a,input"))) return false;
    act();
    return true;
  }
}
