// A small synthesiser for General MIDI: a voice per instrument family, made of oscillators and noise. It is no
// orchestra; it says which note, how loud, how long, and what kind of instrument.
import { UNIT, type Music, type Note } from "./model.ts";
import { seconds } from "./time.ts";
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

export interface Sounding { note: Note; from: number; to: number; program: number; gain: number; pan: number; bend: [number, number][] }

/** The notes of one version between two places, with what the controllers say at their beginning and sustain applied. */
export function sounding(music: Music, side: number, from: number, to: number, plays: (track: number) => boolean): Sounding[] {
  const controls = music.controls[side] ?? [];
  const lanes = new Map<number, { program: [number, number][]; volume: [number, number][]; expression: [number, number][]; pan: [number, number][]; sustain: [number, number][]; bend: [number, number][] }>();
  for (const [x, status, a, b] of controls) {
    const channel = status & 15;
    let lane = lanes.get(channel);
    if (!lane) lanes.set(channel, (lane = { program: [], volume: [], expression: [], pan: [], sustain: [], bend: [] }));
    if (status >> 4 === 0xc) lane.program.push([x, a]);
    else if (status >> 4 === 0xe) lane.bend.push([x, ((b << 7) | a) - 8192]);
    else if (a === 7) lane.volume.push([x, b]);
    else if (a === 11) lane.expression.push([x, b]);
    else if (a === 10) lane.pan.push([x, b]);
    else if (a === 64) lane.sustain.push([x, b]);
  }
  const value = (points: [number, number][] | undefined, x: number, without: number) => {
    let found = without;
    for (const [at, each] of points ?? []) { if (at > x) break; found = each; }
    return found;
  };
  const found: Sounding[] = [];
  for (const note of music.notes) {
    if (!((note[6] >> side) & 1) || note[3] < from || note[3] >= to || !plays(note[0])) continue;
    const lane = lanes.get(note[1]);
    let end = note[3] + note[4];
    if (lane && value(lane.sustain, end, 0) >= 64) {
      end = Math.max(end, lane.sustain.find(([x, v]) => x > end && v < 64)?.[0] ?? end + UNIT * 4);
    }
    const loud = (value(lane?.volume, note[3], 100) / 127) * (value(lane?.expression, note[3], 127) / 127);
    found.push({
      note, from: seconds(music, side, note[3]), to: seconds(music, side, end),
      program: value(lane?.program, note[3], 0), gain: loud * (note[5] / 127) ** 1.5,
      pan: (value(lane?.pan, note[3], 64) - 64) / 64,
      bend: (lane?.bend ?? []).filter(([x]) => x <= end).map(([x, each]) => [seconds(music, side, x), each]),
    });
  }
  return found.sort((a, b) => a.from - b.from);
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

/** Schedule one note at `when` on the context's clock; returns what stops it. */
export function play(context: BaseAudioContext, out: AudioNode, each: Sounding, when: number, length: number): AudioScheduledSourceNode {
  const gain = context.createGain(), pan = context.createStereoPanner();
  pan.pan.value = Math.max(-1, Math.min(1, each.pan));
  gain.connect(pan).connect(out);
  if (each.note[1] === DRUM_CHANNEL) return drum(context, gain, each, when);
  const family = (each.program >> 3) & 15, voice = FAMILIES[family]!;
  const frequency = 440 * 2 ** ((each.note[2] - 69) / 12);
  const source = context.createOscillator();
  if (voice.partials) source.setPeriodicWave(wave(context, family, voice.partials)); else source.type = voice.wave;
  source.frequency.value = frequency;
  const start = each.from;
  for (const [at, bend] of each.bend) source.detune.setValueAtTime((bend / 8192) * 200, Math.max(when, when + at - start));
  const filter = context.createBiquadFilter();
  filter.type = "lowpass";
  filter.frequency.value = Math.min(18_000, Math.max(600, frequency * voice.bright));
  const peak = each.gain * 0.5, end = when + Math.max(0.03, length);
  gain.gain.setValueAtTime(0, when);
  gain.gain.linearRampToValueAtTime(peak, when + voice.attack);
  gain.gain.setTargetAtTime(peak * voice.sustain, when + voice.attack, voice.decay / 3);
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
  const key = each.note[2], peak = each.gain * 0.7;
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

/** A version rendered to a buffer, as tests measure it. */
export async function render(music: Music, side: number, rate = 44_100, length = 0): Promise<AudioBuffer> {
  const notes = sounding(music, side, 0, Infinity, () => true);
  const last = length || notes.reduce((end, each) => Math.max(end, each.to), 0) + 1;
  const context = new OfflineAudioContext(2, Math.max(1, Math.ceil(last * rate)), rate);
  for (const each of notes) play(context, context.destination, each, each.from, each.to - each.from);
  return context.startRendering();
}
