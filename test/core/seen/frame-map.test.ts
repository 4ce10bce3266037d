import { expect, test } from 'vitest';
import type { FrameId } from '../../../core/ports/frames.ts';
import { FrameMap } from '../../../core/seen/frame-map.ts';
import { frameKey } from '../../../core/seen/seen-frames.ts';
import { seededRandom } from '../../../simulator/random.ts';

test('it says what a map by the frame’s name would, also of hosts that share a boot', () => {
  const random = seededRandom(11);
  const some = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const ids = ['a', 'b', 'c'].flatMap((host) =>
    ['00000001', '00000002'].flatMap((boot) =>
      (['metric', 'alert'] as const).flatMap((dataClass) =>
        [1, 2, 3].map((sequence): FrameId => ({ host, boot, class: dataClass, sequence })),
      ),
    ),
  );
  const frames = new FrameMap<number>();
  const model = new Map<string, number>();
  for (let step = 0; step < 5_000; step++) {
    const id = some(ids);
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
    expect(ids.map((one) => frames.get(one))).toEqual(ids.map((one) => model.get(frameKey(one))));
  }
});
