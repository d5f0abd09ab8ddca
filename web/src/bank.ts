// Sampled instruments: what Python cut out for this page, decoded when something is first played.

/** first and last key, sample, root key, cents, loops, attenuation in dB, attack, hold, decay, sustain 0-1, release; seconds. */
export type Zone = [number, number, number, number, number, number, number, number, number, number, number, number];
export interface Sounds { programs: Record<string, Zone[]>; drums: Zone[]; samples: [string, number, number, number][] }

export class Bank {
  private readonly buffers: (AudioBuffer | null)[] = [];
  private loading: Promise<void> | null = null;

  constructor(private readonly sounds: Sounds) {}

  /** Decode everything, once; a sample that this browser cannot decode is left to the oscillators. */
  ready(context: BaseAudioContext): Promise<void> {
    this.loading ??= Promise.all(this.sounds.samples.map(async ([text], index) => {
      try { this.buffers[index] = await context.decodeAudioData(bytes(text)); } catch { this.buffers[index] = null; }
    })).then(() => undefined);
    return this.loading;
  }

  /** True when this browser can decode the samples. */
  get sampled(): boolean { return this.buffers.some((buffer) => buffer); }

  /** The zone for a note, with its sample; null where there is none. */
  zone(program: number, key: number, drums: boolean): { zone: Zone; buffer: AudioBuffer; loop: [number, number] | null } | null {
    const zone = (drums ? this.sounds.drums : this.sounds.programs[program] ?? []).find(([low, high]) => key >= low && key <= high);
    const buffer = zone && this.buffers[zone[2]];
    if (!zone || !buffer) return null;
    const [, rate, from, to] = this.sounds.samples[zone[2]]!;
    return { zone, buffer, loop: zone[5] ? [from / rate, to / rate] : null };
  }
}

function bytes(text: string): ArrayBuffer {
  const raw = atob(text), made = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) made[at] = raw.charCodeAt(at);
  return made.buffer;
}

let known: Promise<Bank | null> | null = null;

/** The page's sounds: in the page itself, or in a script beside it; null where it has none. */
export function bank(): Promise<Bank | null> {
  known ??= find().then((sounds) => (sounds ? new Bank(sounds) : null));
  return known;
}

async function find(): Promise<Sounds | null> {
  const inside = document.getElementById("sounds");
  if (inside?.textContent) return JSON.parse(inside.textContent) as Sounds;
  const beside = document.querySelector<HTMLMetaElement>('meta[name="muse-sounds"]');
  if (!beside) return null;
  await new Promise<void>((done) => {
    const script = document.createElement("script");
    script.src = beside.content;
    script.onload = script.onerror = () => done();
    document.head.append(script);
  });
  return (globalThis as { museSounds?: Sounds }).museSounds ?? null;
}

/** For a line that says what is heard. */
export const inUse = (found: Bank | null): string => (found?.sampled ? "sampled instruments (FluidR3 Mono)" : "simple sound: oscillators, no sampled instruments here");

