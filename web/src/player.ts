// Playing a version, with a loop, and changing to another version without a gap.
import type { Music } from "./model.ts";
import { play, sounding, type Sounding } from "./synth.ts";
import { positionAt, seconds } from "./time.ts";

const AHEAD = 0.25;

export class Player {
  private context: AudioContext | null = null;
  private out: GainNode | null = null;
  private queue: Sounding[] = [];
  private next = 0;
  private sources = new Set<AudioScheduledSourceNode>();
  private timer = 0;
  private started = 0;
  private offset = 0;
  private range: [number, number] = [0, 0];
  side = 0;

  constructor(private readonly music: () => Music, private readonly plays: (track: number) => boolean,
    private readonly moved: (x: number | null) => void) {}

  get playing(): boolean { return this.context !== null; }

  /** Play version `side` from `from` to `to`; with `loop`, over and over. */
  start(side: number, from: number, to: number, loop: boolean): void {
    this.stop();
    if (typeof AudioContext === "undefined") return;
    this.context = new AudioContext();
    this.out = this.context.createGain();
    this.out.gain.value = 0.6;
    const limit = this.context.createDynamicsCompressor();
    this.out.connect(limit).connect(this.context.destination);
    this.side = side;
    this.range = [from, to];
    this.begin(from, this.context.currentTime + 0.08);
    this.timer = window.setInterval(() => this.tick(loop), 30);
    this.tick(loop);
  }

  /** Go on at the same place in another version. */
  change(side: number): void {
    if (!this.context || side === this.side) return;
    const x = this.position();
    this.side = side;
    this.silence();
    this.begin(x, this.context.currentTime + 0.02);
  }

  /** The music has changed: go on at the same place in what it is now. */
  refresh(): void {
    if (!this.context) return;
    const x = this.position();
    this.silence();
    this.begin(x, this.context.currentTime + 0.02);
  }

  position(): number {
    return this.context ? positionAt(this.music(), this.side, this.offset + Math.max(0, this.context.currentTime - this.started)) : 0;
  }

  stop(): void {
    clearInterval(this.timer);
    this.silence();
    void this.context?.close();
    this.context = this.out = null;
    this.moved(null);
  }

  private begin(from: number, at: number): void {
    this.queue = sounding(this.music(), this.side, from, this.range[1], this.plays);
    this.next = 0;
    this.offset = seconds(this.music(), this.side, from);
    this.started = at;
  }

  private silence(): void {
    for (const source of this.sources) { try { source.stop(); } catch { /* it never began */ } }
    this.sources.clear();
  }

  private tick(loop: boolean): void {
    const context = this.context;
    if (!context || !this.out) return;
    const now = context.currentTime - this.started + this.offset;
    const end = seconds(this.music(), this.side, this.range[1]);
    while (this.next < this.queue.length && this.queue[this.next]!.from < now + AHEAD) {
      const each = this.queue[this.next++]!;
      const when = Math.max(context.currentTime, this.started + each.from - this.offset);
      const source = play(context, this.out, each, when, Math.min(each.to, loop ? end : each.to) - each.from);
      this.sources.add(source);
      source.onended = () => this.sources.delete(source);
    }
    if (now >= end) {
      if (!loop) { if (now > end + 0.6) this.stop(); else this.moved(this.range[1]); return; }
      this.begin(this.range[0], this.started + end - this.offset);
    }
    this.moved(Math.min(this.position(), this.range[1]));
  }
}
