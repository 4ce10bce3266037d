import { SAMPLE } from './sample-bytes.ts';
import type { SeriesGroup, Template } from './series-bytes.ts';
import { stampWords } from './stamps.ts';

/** Larger templates are not kept. */
const TEMPLATE_BYTES = 1 << 20;
const MOST_TEMPLATES = 64;

/** Entries of all series of a group's page with so many instants, for targets as long as this one; null where they are too large to keep. */
export function templateOf({ page, target, size }: SeriesGroup, instants: number): Template | null {
  const key = target.length * 65_536 + instants;
  const known = page.templates.get(key);
  if (known) return known;
  const places = new Int32Array(size);
  const entry = (j: number) => page.labels[j]!.length + target.length + instants * SAMPLE;
  let most = 0;
  for (let j = 0; j < size; j++) most += entry(j) + 12;
  if (most > TEMPLATE_BYTES || instants > 65_535) return null;
  const bytes = new Uint8Array(most);
  let at = 0;
  for (let j = 0; j < size; j++) {
    bytes[at++] = 0x0a;
    let left = entry(j);
    for (; left > 127; left >>>= 7) bytes[at++] = (left & 127) | 128;
    bytes[at++] = left;
    bytes.set(page.labels[j]!, at);
    at += page.labels[j]!.length;
    bytes.set(target, at);
    at += target.length;
    places[j] = at;
    for (let i = 0; i < instants; i++, at += SAMPLE) {
      bytes[at] = 0x12;
      bytes[at + 1] = SAMPLE - 2;
      bytes[at + 2] = 0x09;
    }
  }
  if (page.templates.size >= MOST_TEMPLATES) page.templates.clear();
  const own = bytes.slice(0, at);
  const view = new DataView(own.buffer);
  const template = { bytes: own, view, samples: places, target, times: new Float64Array(instants).fill(Number.NaN) };
  page.templates.set(key, template);
  return template;
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
  for (let j = 0; j < samples.length; j++) {
    const at = samples[j]! + skip;
    view.setUint32(at, first, true);
    view.setUint32(at + 3, second, true);
  }
  times[instant] = time;
}
