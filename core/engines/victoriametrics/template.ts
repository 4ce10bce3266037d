import { SAMPLE } from './sample-bytes.ts';
import { stampWords } from './stamps.ts';

/** Entries of all series of a page as they were last written: the next host's differ from them in little. */
export interface Template {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the samples of each series stand; the target's labels end there. */
  readonly samples: Int32Array;
  /** The target's labels and the times, ms, that stand in it. */
  target: Uint8Array;
  readonly times: Float64Array;
}

/** Entries of series, @param labels of each its `labels` fields, with so many instants; values and times are to be put in. */
export function makeTemplate(labels: readonly Uint8Array[], target: Uint8Array, instants: number): Template {
  const places = new Int32Array(labels.length);
  const around = target.length + instants * SAMPLE;
  const bytes = new Uint8Array(labels.reduce((sum, own) => sum + own.length + around + 12, 0));
  let at = 0;
  for (const [j, own] of labels.entries()) {
    bytes[at++] = 0x0a;
    let left = own.length + around;
    for (; left > 127; left >>>= 7) bytes[at++] = (left & 127) | 128;
    bytes[at++] = left;
    bytes.set(own, at);
    at += own.length;
    bytes.set(target, at);
    at += target.length;
    places[j] = at;
    for (let i = 0; i < instants; i++, at += SAMPLE) {
      bytes[at] = 0x12;
      bytes[at + 1] = SAMPLE - 2;
      bytes[at + 2] = 0x09;
    }
  }
  const own = bytes.slice(0, at);
  const view = new DataView(own.buffer);
  return { bytes: own, view, samples: places, target, times: new Float64Array(instants).fill(Number.NaN) };
}

/** Puts a target's labels in, as long as those that stand there. */
export function setTarget(template: Template, target: Uint8Array): void {
  const { bytes, samples, target: there } = template;
  // Targets differ in little: the number in a host's name.
  let first = 0;
  let end = target.length;
  while (first < end && target[first] === there[first]) first++;
  while (first < end && target[end - 1] === there[end - 1]) end--;
  template.target = target;
  if (first === end) return;
  for (let j = 0; j < samples.length; j++) {
    const at = samples[j]! - target.length;
    for (let b = first; b < end; b++) bytes[at + b] = target[b]!;
  }
}

/** Puts a plain time in, for one instant of all series. */
export function setTime({ view, samples, times }: Template, instant: number, time: number): void {
  const [first, second] = stampWords(time);
  const skip = instant * SAMPLE + 11;
  // What the second word has of its own changes every half an hour. Where no time stands yet it has what no plain time has.
  const same = stampWords(times[instant]!)[1] >>> 8 === second >>> 8;
  for (let j = 0; j < samples.length; j++) {
    const at = samples[j]! + skip;
    view.setUint32(at, first, true);
    if (!same) view.setUint32(at + 3, second, true);
  }
  times[instant] = time;
}
