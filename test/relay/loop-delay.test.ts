import { afterEach, expect, test } from 'vitest';
import { Registry } from '../../lib/metrics.ts';
import { LoopDelay } from '../../relay/loop-delay.ts';
import { until } from '../support/until.ts';

let delay: LoopDelay;
afterEach(() => delay.close());

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a turn that takes long shows, as long as it was, and is forgotten after two stretches', async () => {
  const metrics = new Registry();
  delay = new LoopDelay(metrics);
  const shown = (name: string): number => {
    const line = metrics.render().match(new RegExp(`^heliograph_relay_event_loop_delay_${name}_seconds (.*)$`, 'm'));
    return Number(line![1]);
  };
  let turns = 0;
  const count = setInterval(() => turns++, 1);
  await until('some turns', () => turns > 5);
  block(300);
  const seen = turns;
  await until('some more', () => turns > seen + 5);
  const worst = shown('max');
  expect(worst).toBeGreaterThan(0.28);
  expect(shown('p99')).toBeLessThanOrEqual(worst);
  delay.turn();
  expect(shown('max')).toBe(worst);
  delay.turn();
  expect(shown('max')).toBeLessThan(worst);
  clearInterval(count);
});
