import type { FrameId } from '../ports/frames.ts';

interface Entry<T> {
  readonly id: FrameId;
  value: T;
  /** Of another host or class, with the same boot and sequence: a cloned image. */
  next: Entry<T> | null;
}

/** Something by frame, without a text being made of each frame's name: boots are texts that are there already, as tools.ts of the gateway has them. */
export class FrameMap<T> {
  readonly #boots = new Map<string, Map<number, Entry<T>>>();

  get(id: FrameId): T | undefined {
    let entry = this.#boots.get(id.boot)?.get(id.sequence) ?? null;
    while (entry !== null && !isSame(entry.id, id)) entry = entry.next;
    return entry?.value;
  }

  has(id: FrameId): boolean {
    return this.get(id) !== undefined;
  }

  set(id: FrameId, value: T): void {
    let frames = this.#boots.get(id.boot);
    if (frames === undefined) {
      frames = new Map();
      this.#boots.set(id.boot, frames);
    }
    const first = frames.get(id.sequence) ?? null;
    for (let entry = first; entry !== null; entry = entry.next) {
      if (!isSame(entry.id, id)) continue;
      entry.value = value;
      return;
    }
    frames.set(id.sequence, { id, value, next: first });
  }

  delete(id: FrameId): void {
    const frames = this.#boots.get(id.boot);
    const first = frames?.get(id.sequence);
    if (frames === undefined || first === undefined) return;
    if (isSame(first.id, id)) {
      if (first.next !== null) frames.set(id.sequence, first.next);
      else if (frames.size > 1) frames.delete(id.sequence);
      else this.#boots.delete(id.boot);
      return;
    }
    for (let entry = first; entry.next !== null; entry = entry.next) {
      if (!isSame(entry.next.id, id)) continue;
      entry.next = entry.next.next;
      return;
    }
  }
}

function isSame(a: FrameId, b: FrameId): boolean {
  return a.host === b.host && a.class === b.class;
}
