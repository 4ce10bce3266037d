import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, expect, test, vi } from 'vitest';
import { type LoopMonitor, RESOLUTION_MS, watchEventLoop } from '../../lib/event-loop.ts';
import { Registry } from '../../lib/metrics.ts';
import { until } from '../support/until.ts';

afterEach(() => vi.useRealTimers());

/** What the page says: p50, p99 and the longest, s. */
function figures(registry: Registry): number[] {
  const page = registry.render();
  return ['delay_seconds{quantile="0.5"}', 'delay_seconds{quantile="0.99"}', 'delay_max_seconds'].map((name) => {
    const line = page.split('\n').find((one) => one.startsWith(`test_event_loop_${name}`))!;
    return Number(line.split(' ').at(-1));
  });
}

test('a long turn is seen, and a loop that nothing holds up is not late', async () => {
  const registry = new Registry();
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const stop = watchEventLoop(registry, 'test_', monitor);
  try {
    expect(figures(registry)).toEqual([0, 0, 0]);
    await until('the monitor counts', () => monitor.count > 3);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await until('the turn is counted', () => figures(registry)[2]! >= 0.13);
    expect(figures(registry)[0]).toBeLessThan(0.13);
  } finally {
    stop();
  }
});

test('a figure is that of the worse of two minutes, and an older one is forgotten', () => {
  vi.useFakeTimers();
  const monitor = {
    count: 0,
    max: 0,
    enable: vi.fn(),
    disable: vi.fn(),
    percentile: (share: number) => share * 1e6 + 1e7,
  };
  const reset = () => Object.assign(monitor, { count: 0, max: 0 });
  const registry = new Registry();
  const stop = watchEventLoop(registry, 'test_', Object.assign(monitor, { reset }) satisfies LoopMonitor);
  expect(monitor.enable).toHaveBeenCalledOnce();
  Object.assign(monitor, { count: 9, max: 310e6 });
  expect(figures(registry).map((one) => one.toFixed(3))).toEqual(['0.050', '0.099', '0.300']);
  vi.advanceTimersByTime(60_000);
  expect(monitor.count).toBe(0);
  expect(figures(registry)[2]).toBeCloseTo(0.3);
  Object.assign(monitor, { count: 1, max: 20e6 });
  vi.advanceTimersByTime(60_000);
  expect(figures(registry)[2]).toBeCloseTo(0.01);
  stop();
  expect(monitor.disable).toHaveBeenCalledOnce();
});
