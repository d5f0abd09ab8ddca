// A small synthesiser for General MIDI: a voice per instrument family, made of oscillators and noise. It is no
// orchestra; it says which note, how loud, how long, and what kind of instrument.
import type { Bank } from "./bank.ts";
import { UNIT, type Music, type Note } from "./model.ts";
import { indexAt, positionAt, seconds } from "./time.ts";
import { DRUM_CHANNEL } from "./words.ts";

interface Voice { wave: OscillatorType; partials?: number[]; attack: number; decay: number; sustain: number; release: number; bright: number }

/** One per family of eight programs: pianos, bells, organs, guitars, basses, strings, ensembles, brass, reeds, pipes, ... */
const FAMILIES: Voice[] = [
  { wave: "triangle", partials: [1, 0.5, 0.25, 0.12, 0.06], attack: 0.004, decay: 1.2, sustain: 0.15, release: 0.15, bright: 6 },
  { wave: "sine", partials: [1, 0, 0.35, 0, 0, 0.2], attack: 0.002, decay: 0.9, sustain: 0.0, release: 0.4, bright: 9 },
  { wave: "sine", partials: [1, 0.8, 0.5, 0.6, 0, 0.3, 0, 0.3], attack: 0.01, decay: 0.1, sustain: 0.9, release: 0.05, bright: 9 },
  { wave: "sawtooth", attack: 0.003, decay: 0.8, sustain: 0.1, release: 0.12, bright: 4 },
  { wave: "triangle", partials: [1, 0.7, 0.3, 0.1], attack: 0.006, decay: 0.7, sustain: 0.4, release: 0.08, bright: 3 },
  { wave: "sawtooth", attack: 0.06, decay: 0.3, sustain: 0.8, release: 0.2, bright: 5 },
  { wave: "sawtooth", attack: 0.1, decay: 0.3, sustain: 0.85, release: 0.3, bright: 4 },
  { wave: "sawtooth", attack: 0.03, decay: 0.2, sustain: 0.8, release: 0.08, bright: 7 },
  { wave: "square", attack: 0.03, decay: 0.2, sustain: 0.8, release: 0.08, bright: 4 },
  { wave: "sine", partials: [1, 0.15, 0.08], attack: 0.05, decay: 0.2, sustain: 0.9, release: 0.1, bright: 9 },
  { wave: "square", attack: 0.005, decay: 0.2, sustain: 0.8, release: 0.08, bright: 8 },
  { wave: "sawtooth", attack: 0.3, decay: 0.5, sustain: 0.8, release: 0.6, bright: 3 },
  { wave: "triangle", attack: 0.1, decay: 0.8, sustain: 0.6, release: 0.6, bright: 5 },
  { wave: "sawtooth", attack: 0.003, decay: 0.5, sustain: 0.05, release: 0.15, bright: 5 },
  { wave: "sine", partials: [1, 0.6, 0.4, 0.3, 0.3], attack: 0.002, decay: 0.25, sustain: 0.0, release: 0.2, bright: 9 },
  { wave: "triangle", attack: 0.05, decay: 1, sustain: 0.4, release: 0.5, bright: 4 },
];

/** A note to sound: seconds; `levels`, `pans` and `bend` as they change while it does; `choke`: when another drum ends it. */
export interface Sounding {
  note: Note; from: number; to: number; program: number; velocity: number; drums: boolean; choke: number | null;
  levels: [number, number][]; pans: [number, number][]; bend: [number, number][];
}

type Points = [number, number][];
class Channel { program: Points = []; bank: Points = []; volume: Points = []; expression: Points = []; pan: Points = []; sustain: Points = []; bend: Points = []; }
const CONTROLLERS: Record<number, keyof Channel> = { 0: "bank", 7: "volume", 10: "pan", 11: "expression", 64: "sustain" };
const DRUM_BANKS = new Set([120, 127]);

function channelsOf(controls: readonly [number, number, number, number][]): Map<number, Channel> {
  const found = new Map<number, Channel>();
  for (const [x, status, a, b] of controls) {
    let channel = found.get(status & 15);
    if (!channel) found.set(status & 15, (channel = new Channel()));
    if (status >> 4 === 0xc) channel.program.push([x, a]);
    else if (status >> 4 === 0xe) channel.bend.push([x, ((b << 7) | a) - 8192]);
    else { const name = CONTROLLERS[a]; if (name) channel[name].push([x, b]); }
  }
  return found;
}

function valueAt(points: Points | undefined, x: number, without: number): number {
  if (!points?.length || points[0]![0] > x) return without;
  return points[indexAt(points, x)]![1];
}

/** What a controller is at `x`, and how it changes until `end`. */
function course(points: Points | undefined, x: number, end: number, without: number): Points {
  return [[x, valueAt(points, x, without)], ...(points ?? []).filter(([at]) => at > x && at <= end)];
}

/** The notes of one version that sound somewhere between two places, sustain applied; at twice the speed in half the time. */
export function sounding(music: Music, side: number, from: number, to: number, plays: (note: Note) => boolean, speed = 1): Sounding[] {
  const channels = channelsOf(music.controls[side] ?? []), found: Sounding[] = [];
  const time = (x: number) => seconds(music, side, x) / speed;
  const timed = (points: Points): Points => points.map(([x, value]) => [time(x), value]);
  for (const note of music.notes) {
    if (!((note[6] >> side) & 1) || note[3] >= to || !plays(note)) continue;
    const lane = channels.get(note[1]), x = note[3], end = held(lane, x + note[4]);
    if (end <= from) continue;
    const volume = course(lane?.volume, x, end, 100), expression = course(lane?.expression, x, end, 127);
    const places = [...new Set([...volume, ...expression].map(([at]) => at))].sort((a, b) => a - b);
    found.push({
      note, from: time(x), to: time(end), velocity: note[5],
      drums: note[1] === DRUM_CHANNEL || DRUM_BANKS.has(valueAt(lane?.bank, x, 0)), choke: null,
      program: valueAt(lane?.program, x, 0),
      levels: timed(places.map((at) => [at, (valueAt(volume, at, 100) / 127) * (valueAt(expression, at, 127) / 127)])),
      pans: timed(course(lane?.pan, x, end, 64).map(([at, value]) => [at, (value - 64) / 64])),
      bend: timed(course(lane?.bend, x, end, 0)),
    });
  }
  found.sort((a, b) => a.from - b.from);
  choke(found);
  return found;
}

/** Where a note ends when the pedal may be down. */
function held(lane: Channel | undefined, end: number): number {
  if (!lane || valueAt(lane.sustain, end, 0) < 64) return end;
  return Math.max(end, lane.sustain.find(([x, value]) => x > end && value < 64)?.[0] ?? end + UNIT * 4);
}

/** A closed hi-hat ends an open one. */
function choke(found: Sounding[]): void {
  let next: number | null = null;
  for (const each of [...found].reverse()) {
    if (!each.drums) continue;
    if (each.note[2] === 46) each.choke = next;
    if ([42, 44, 46].includes(each.note[2])) next = each.from;
  }
}

const waves = new WeakMap<BaseAudioContext, Map<number, PeriodicWave>>();

function wave(context: BaseAudioContext, family: number, partials: number[]): PeriodicWave {
  let known = waves.get(context);
  if (!known) waves.set(context, (known = new Map()));
  let made = known.get(family);
  if (!made) {
    const imaginary = new Float32Array([0, ...partials]);
    known.set(family, (made = context.createPeriodicWave(new Float32Array(imaginary.length), imaginary)));
  }
  return made;
}

/** Schedule a note that begins at `when` on the context's clock, or began before and sounds on; returns what stops it. */
export function play(context: BaseAudioContext, out: AudioNode, each: Sounding, when: number, until: number, bank: Bank | null): AudioScheduledSourceNode {
  const level = context.createGain(), pan = context.createStereoPanner(), now = Math.max(when, context.currentTime);
  const at = (time: number) => Math.max(now, when + time - each.from);
  for (const [time, value] of each.levels) level.gain.setValueAtTime(value, at(time));
  for (const [time, value] of each.pans) pan.pan.setValueAtTime(Math.max(-1, Math.min(1, value)), at(time));
  level.connect(pan).connect(out);
  const sampled = bank?.zone(each.program, each.note[2], each.drums);
  if (sampled) return sample(context, level, each, when, until, sampled);
  const gain = context.createGain();
  gain.connect(level);
  if (each.drums) return drum(context, gain, each, now);
  return oscillate(context, gain, each, now, Math.max(0.03, until - now), at);
}

const loudness = (velocity: number) => (velocity / 127) ** 1.5;
const NEPERS = Math.log(1e5); // a soundfont's times are those of 100 dB

/** A note of a sampled instrument. */
function sample(context: BaseAudioContext, out: AudioNode, each: Sounding, when: number, until: number, { zone, buffer, loop }: NonNullable<ReturnType<Bank["zone"]>>): AudioScheduledSourceNode {
  const [, , , root, cents, , attenuation, attack, hold, decay, sustain, release] = zone;
  const source = context.createBufferSource(), gain = context.createGain(), now = Math.max(when, context.currentTime);
  source.buffer = buffer;
  if (loop) { source.loop = true; [source.loopStart, source.loopEnd] = loop; }
  const tuned = (each.note[2] - root) * 100 + cents;
  for (const [time, bend] of each.bend) source.detune.setValueAtTime(tuned + (each.drums ? 0 : (bend / 8192) * 200), Math.max(now, when + time - each.from));
  const peak = loudness(each.velocity) * 10 ** (-attenuation / 20) * 0.6, ringing = each.drums && each.choke === null;
  const end = ringing ? when + buffer.duration + 1 : Math.max(now + 0.02, each.choke !== null ? Math.min(until, when + each.choke - each.from) : until);
  const up = Math.min(attack, end - now);
  gain.gain.setValueAtTime(now > when ? peak : 0, now);
  gain.gain.linearRampToValueAtTime(peak, now + up);
  if (sustain < 1 && end > now + up + hold) gain.gain.setTargetAtTime(peak * sustain, now + up + hold, decay / NEPERS);
  const after = each.drums ? 0.1 : Math.min(release, 2);
  gain.gain.setTargetAtTime(0, end, Math.max(0.01, after / NEPERS));
  source.connect(gain).connect(out);
  const speed = 2 ** (tuned / 1200), into = Math.max(0, now - when) * speed;
  source.start(now, loop && into > loop[1] ? loop[0] + ((into - loop[0]) % (loop[1] - loop[0])) : into);
  source.stop(end + after);
  return source;
}

function oscillate(context: BaseAudioContext, gain: GainNode, each: Sounding, when: number, length: number, at: (time: number) => number): AudioScheduledSourceNode {
  const family = (each.program >> 3) & 15, voice = FAMILIES[family]!;
  const frequency = 440 * 2 ** ((each.note[2] - 69) / 12);
  const source = context.createOscillator();
  if (voice.partials) source.setPeriodicWave(wave(context, family, voice.partials)); else source.type = voice.wave;
  source.frequency.value = frequency;
  for (const [time, bend] of each.bend) source.detune.setValueAtTime((bend / 8192) * 200, at(time));
  const filter = context.createBiquadFilter();
  filter.type = "lowpass";
  filter.frequency.value = Math.min(18_000, Math.max(600, frequency * voice.bright));
  const peak = loudness(each.velocity) * 0.5, end = when + length;
  gain.gain.setValueAtTime(0, when);
  gain.gain.linearRampToValueAtTime(peak, when + Math.min(voice.attack, length));
  gain.gain.setTargetAtTime(peak * voice.sustain, when + Math.min(voice.attack, length), voice.decay / 3);
  gain.gain.setTargetAtTime(0, end, voice.release / 3);
  source.connect(filter).connect(gain);
  source.start(when);
  source.stop(end + voice.release * 2);
  return source;
}

let noise: { context: BaseAudioContext; buffer: AudioBuffer } | null = null;

function hiss(context: BaseAudioContext): AudioBuffer {
  if (noise?.context !== context) {
    const buffer = context.createBuffer(1, context.sampleRate, context.sampleRate), data = buffer.getChannelData(0);
    let seed = 1;
    for (let at = 0; at < data.length; at++) { seed = (seed * 16807) % 2147483647; data[at] = (seed / 1073741823.5) - 1; }
    noise = { context, buffer };
  }
  return noise!.buffer;
}

function drum(context: BaseAudioContext, gain: GainNode, each: Sounding, when: number): AudioScheduledSourceNode {
  const key = each.note[2], peak = loudness(each.velocity) * 0.7;
  const tonal = key === 35 || key === 36 || [41, 43, 45, 47, 48, 50].includes(key) || (key >= 60 && key <= 66);
  const long = [49, 51, 52, 53, 55, 57, 59, 46].includes(key) ? 0.7 : [42, 44, 54, 69, 70].includes(key) ? 0.06 : 0.18;
  gain.gain.setValueAtTime(peak, when);
  gain.gain.exponentialRampToValueAtTime(0.0001, when + (tonal ? 0.28 : long));
  let source: AudioScheduledSourceNode;
  if (tonal) {
    const body = context.createOscillator();
    const base = key <= 36 ? 55 : 70 + (key - 40) * 7;
    body.frequency.setValueAtTime(base * 2.2, when);
    body.frequency.exponentialRampToValueAtTime(base, when + 0.08);
    body.connect(gain);
    source = body;
  } else {
    const body = context.createBufferSource(), filter = context.createBiquadFilter();
    body.buffer = hiss(context);
    filter.type = long > 0.2 || long < 0.1 ? "highpass" : "bandpass";
    filter.frequency.value = long > 0.2 || long < 0.1 ? 6500 : 1800;
    body.connect(filter).connect(gain);
    source = body;
  }
  source.start(when);
  source.stop(when + 1);
  return source;
}

/** A version rendered to a buffer, as tests measure it; with `then`, another version from that second on. */
export async function render(music: Music, side: number, rate = 44_100, length = 0, bank: Bank | null = null, then: [number, number] | null = null, speed = 1): Promise<AudioBuffer> {
  const notes = sounding(music, side, 0, Infinity, () => true, speed);
  const last = length || notes.reduce((end, each) => Math.max(end, each.to), 0) + 1;
  const context = new OfflineAudioContext(2, Math.max(1, Math.ceil(last * rate)), rate);
  await bank?.ready(context);
  const bus = new Bus(context, context.destination, 0);
  for (const each of notes) play(context, bus.gain, each, each.from, each.to, bank);
  if (then) {
    const [other, time] = then, next = new Bus(context, context.destination, time);
    bus.end(time);
    for (const each of sounding(music, other, positionAt(music, other, time), Infinity, () => true)) begin(context, next.gain, each, time, time, each.to, bank);
  }
  return context.startRendering();
}

/** Play a note so that what is at `offset` in the music sounds at `at`: from its middle when it began before. */
export function begin(context: BaseAudioContext, out: AudioNode, each: Sounding, offset: number, at: number, to: number, bank: Bank | null): AudioScheduledSourceNode {
  return play(context, out, each, at + each.from - offset, at + to - offset, bank);
}

const FADE = 0.02;

/** What one version plays on; it fades in and out quickly, so that two of them make no gap and no click. */
export class Bus {
  readonly gain: GainNode;
  constructor(context: BaseAudioContext, out: AudioNode, at: number) {
    this.gain = context.createGain();
    if (at > 0) { this.gain.gain.setValueAtTime(0, 0); this.gain.gain.setValueAtTime(0, at); this.gain.gain.linearRampToValueAtTime(1, at + FADE); }
    this.gain.connect(out);
  }
  end(at: number): void { this.gain.gain.setValueAtTime(1, at); this.gain.gain.linearRampToValueAtTime(0, at + FADE); }
}
