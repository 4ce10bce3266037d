import { expect, test } from 'vitest';
import type { FrameId } from '../../../core/ports/frames.ts';
import { FrameMap } from '../../../core/seen/frame-map.ts';
import { frameKey } from '../../../core/seen/seen-frames.ts';
import { seededRandom } from '../../../simulator/random.ts';

test('it says what a map by the frame’s name would, also of hosts that share a boot', () => {
  const random = seededRandom(11);
  const some = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const frames = new FrameMap<number>();
  const model = new Map<string, number>();
  for (let step = 0; step < 5_000; step++) {
    const id: FrameId = {
      host: some(['a', 'b', 'c']),
      boot: some(['00000001', '00000002']),
      class: some(['metric', 'alert'] as const),
      sequence: some([1, 2, 3]),
    };
    const key = frameKey(id);
    expect(frames.get(id)).toBe(model.get(key));
    expect(frames.has(id)).toBe(model.has(key));
    if (random() < 0.5) {
      frames.set(id, step);
      model.set(key, step);
    } else {
      frames.delete(id);
      model.delete(key);
    }
    expect([...frames.values()].sort()).toEqual([...model.values()].sort());
  }
});
