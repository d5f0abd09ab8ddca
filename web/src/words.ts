// Names of notes and drums.
const SHARPS = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const FLATS = ["C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B"];

/** General MIDI percussion, keys 27 to 87; those outside 35 to 81 are of its second level. */
const DRUMS = (
  "high Q,slap,scratch push,scratch pull,sticks,square click,metronome,metronome bell,kick 2,kick,side stick,snare,clap,snare 2,low floor tom,closed hi-hat,high floor tom,pedal hi-hat,low tom," +
  "open hi-hat,low-mid tom,high-mid tom,crash,high tom,ride,china,ride bell,tambourine,splash,cowbell,crash 2," +
  "vibraslap,ride 2,high bongo,low bongo,mute high conga,open high conga,low conga,high timbale,low timbale," +
  "high agogo,low agogo,cabasa,maracas,short whistle,long whistle,short guiro,long guiro,claves,high wood block," +
  "low wood block,mute cuica,open cuica,mute triangle,open triangle," +
  "shaker,jingle bell,bell tree,castanets,mute surdo,open surdo"
).split(",");

export const DRUM_CHANNEL = 9;

export function pitchName(pitch: number, flats = false): string {
  return `${(flats ? FLATS : SHARPS)[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

export function drumName(pitch: number): string {
  return DRUMS[pitch - 27] ?? `drum ${pitch}`;
}

export function noteName(channel: number, pitch: number, flats = false): string {
  return channel === DRUM_CHANNEL ? drumName(pitch) : pitchName(pitch, flats);
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
