import { expect, test } from 'vitest';
import { Registry } from '../../lib/metrics.ts';
import { MetricsSum } from '../../relay/workers/metrics-sum.ts';

function page(frames: number, connected: 0 | 1, journal: number): string {
  const metrics = new Registry();
  metrics.counter('heliograph_relay_frames_total', 'Frames.').inc({ class: 'log', of: 'a "b c"' }, frames);
  metrics.gauge('heliograph_relay_core_connected', '1 while.').set({}, connected);
  metrics.gauge('heliograph_relay_connections', 'Now.').set({}, frames);
  metrics.gauge('heliograph_relay_journal_bytes', 'Bytes.').set({}, journal);
  metrics.histogram('heliograph_relay_wait_seconds', 'Wait.', [1]).observe({}, 0.5, frames);
  return metrics.render();
}

const lines = (sum: MetricsSum) =>
  sum
    .render()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

test('counters and amounts are summed, and what must hold of all is the least', () => {
  const sum = new MetricsSum();
  sum.take(0, page(3, 1, 100));
  sum.take(1, page(4, 0, 50));
  expect(lines(sum)).toEqual([
    'heliograph_relay_connections 7',
    'heliograph_relay_core_connected 0',
    'heliograph_relay_frames_total{class="log",of="a \\"b c\\""} 7',
    'heliograph_relay_journal_bytes 150',
    'heliograph_relay_wait_seconds_bucket{le="1"} 7',
    'heliograph_relay_wait_seconds_bucket{le="+Inf"} 7',
    'heliograph_relay_wait_seconds_sum 3.5',
    'heliograph_relay_wait_seconds_count 7',
  ]);
});

test('a counter never goes back when a worker ends and begins at zero; what it had connected is gone, its disk is not', () => {
  const sum = new MetricsSum();
  sum.take(0, page(3, 1, 100));
  sum.take(1, page(4, 1, 50));
  sum.ended(1);
  const frames = () => lines(sum).find((line) => line.includes('frames_total'));
  expect(frames()).toMatch(/ 7$/);
  expect(lines(sum)).toContain('heliograph_relay_connections 3');
  expect(lines(sum)).toContain('heliograph_relay_core_connected 0');
  expect(lines(sum)).toContain('heliograph_relay_journal_bytes 150');
  sum.take(1, page(1, 1, 60));
  expect(frames()).toMatch(/ 8$/);
  sum.ended(1);
  sum.ended(1);
  sum.take(1, page(2, 1, 60));
  expect(frames()).toMatch(/ 10$/);
});

test('the delay of the event loop is that of the worker that has the greatest', () => {
  const sum = new MetricsSum();
  const delays = (max: number, p99: number): string => {
    const metrics = new Registry();
    metrics.gauge('heliograph_relay_event_loop_delay_max_seconds', 'Most.').set({}, max);
    metrics.gauge('heliograph_relay_event_loop_delay_p99_seconds', 'Nearly most.').set({}, p99);
    return metrics.render();
  };
  sum.take(0, delays(0.5, 0.125));
  sum.take(1, delays(0.25, 0.25));
  expect(lines(sum)).toEqual([
    'heliograph_relay_event_loop_delay_max_seconds 0.5',
    'heliograph_relay_event_loop_delay_p99_seconds 0.25',
  ]);
});
