// Playing a version, with a loop, and changing to another version without a gap.
import { bank, type Bank } from "./bank.ts";
import type { Music, Note } from "./model.ts";
import { Bus, begin, sounding, type Sounding } from "./synth.ts";
import { positionAt, seconds } from "./time.ts";

const AHEAD = 0.25, SOON = 0.03;

/** One version from one place on: its notes on a bus of their own. */
interface Run { bus: Bus; queue: Sounding[]; next: number; offset: number; started: number; sources: Set<AudioScheduledSourceNode> }

export class Player {
  private context: AudioContext | null = null;
  private out: GainNode | null = null;
  private bank: Bank | null = null;
  private run: Run | null = null;
  private timer = 0;
  private range: [number, number] = [0, 0];
  side = 0;
  private speed = 1;

  /** `told` hears what makes the sound, once that is known. */
  constructor(private readonly music: () => Music, private readonly plays: (note: Note) => boolean,
    private readonly moved: (x: number | null) => void, private readonly told: (bank: Bank | null) => void) {}

  get playing(): boolean { return this.context !== null; }

  /** Play version `side` from `from` to `to`; with `loop`, over and over. */
  start(side: number, from: number, to: number, loop: boolean): void {
    this.stop();
    if (typeof AudioContext === "undefined") return;
    const context = (this.context = new AudioContext());
    this.out = context.createGain();
    this.out.gain.value = 0.6;
    const limit = context.createDynamicsCompressor();
    this.out.connect(limit).connect(context.destination);
    this.side = side;
    this.range = [from, to];
    void this.prepare(context).then(() => {
      if (this.context !== context) return;
      this.run = this.begin(from, context.currentTime + 0.08, true);
      this.timer = window.setInterval(() => this.tick(loop), 30);
      this.tick(loop);
    });
  }

  private async prepare(context: AudioContext): Promise<void> {
    this.bank = await bank();
    await this.bank?.ready(context);
    this.told(this.bank);
  }

  /** Go on at the same place in another version. */
  change(side: number): void {
    if (side === this.side) return;
    const x = this.position();
    this.side = side;
    this.again(x);
  }

  /** Go on at the same place, so many times as fast as it is written; the pitch stays. */
  pace(speed: number): void {
    const x = this.position();
    this.speed = speed;
    this.again(x);
  }

  /** The music has changed: go on at the same place in what it is now. */
  refresh(): void { this.again(this.position()); }

  /** From a place on, what sounds now giving way to what is there. */
  private again(x: number): void {
    if (!this.context || !this.run) return;
    const at = this.context.currentTime + SOON, old = this.run;
    old.bus.end(at);
    for (const source of old.sources) { try { source.stop(at + SOON); } catch { /* it never began */ } }
    this.run = this.begin(x, at, false);
  }

  position(): number {
    const { context, run } = this;
    if (!context || !run) return this.range[0];
    return positionAt(this.music(), this.side, (run.offset + Math.max(0, context.currentTime - run.started)) * this.speed);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const source of this.run?.sources ?? []) { try { source.stop(); } catch { /* it never began */ } }
    void this.context?.close();
    this.context = this.out = this.run = null;
    this.moved(null);
  }

  /** The run of a version from a place; where `fresh`, only with notes that begin there. */
  private begin(from: number, at: number, fresh: boolean): Run {
    const music = this.music(), offset = this.time(from);
    const queue = sounding(music, this.side, from, this.range[1], this.plays, this.speed);
    return { bus: new Bus(this.context!, this.out!, fresh ? 0 : at), queue: fresh ? queue.filter((each) => each.from >= offset - 0.001) : queue, next: 0, offset, started: at, sources: new Set() };
  }

  /** Seconds from the beginning to a place, as fast as it is played. */
  private time(x: number): number { return seconds(this.music(), this.side, x) / this.speed; }

  private tick(loop: boolean): void {
    const { context, run } = this;
    if (!context || !run) return;
    const now = context.currentTime - run.started + run.offset;
    const end = this.time(this.range[1]);
    if (loop && end - this.time(this.range[0]) < 0.02) { this.stop(); return; } // this version has none of these bars
    while (run.next < run.queue.length && run.queue[run.next]!.from < now + AHEAD) {
      const each = run.queue[run.next++]!;
      const source = begin(context, run.bus.gain, each, run.offset, run.started, Math.min(each.to, loop ? end : each.to), this.bank);
      run.sources.add(source);
      source.onended = () => run.sources.delete(source);
    }
    if (now >= end - (loop ? AHEAD / 2 : 0) && loop && run.next >= run.queue.length) {
      const sources = run.sources;
      this.run = { ...this.begin(this.range[0], run.started + end - run.offset, true), sources };
      this.moved(this.range[0]);
      return;
    }
    if (now >= end && !loop) { if (now > end + 1) this.stop(); else this.moved(this.range[1]); return; }
    this.moved(Math.min(this.position(), this.range[1]));
  }
}
