import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RotatedWorld, type Rotation } from './rotated-world.ts';

const STEPS = 200;
/** Of each kind. */
const SEEDS = process.env.HELIOGRAPH_LONG === '1' ? 300 : 25;
const FIRST = Number(process.env.HELIOGRAPH_SEED ?? 0);

const KINDS: readonly (readonly Rotation[])[] = [
  ['rename'],
  ['copytruncate'],
  ['pack'],
  ['copypack'],
  ['delete'],
  ['link'],
  ['rename', 'copytruncate', 'pack', 'copypack', 'delete'],
];

describe('every line once', () => {
  for (const pattern of ['app.log', 'app.log*'])
    for (const kinds of KINDS)
      it(`${pattern}, ${kinds.join(', ')}, looked at and killed at any moment: seeds ${FIRST} to ${FIRST + SEEDS - 1}`, {
        timeout: 1_800_000,
      }, () => {
        let lines = 0;
        for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
          const folder = mkdtempSync(join(tmpdir(), 'rotation-'));
          const world = new RotatedWorld(seed, { folder, pattern, kinds });
          try {
            for (let step = 0; step < STEPS; step++) world.step();
            world.drain();
            expect(world.wrong(), `seed ${seed}`).toBe(null);
            lines += world.written.length;
          } finally {
            world.model.stop();
            rmSync(folder, { recursive: true });
          }
        }
        expect(lines).toBeGreaterThan(SEEDS * STEPS);
      });
});
