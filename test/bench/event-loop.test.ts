import { expect, test } from 'vitest';
import { loopDelayOf } from '../../bench/end-to-end/event-loop.ts';

const PREFIX = 'heliograph_core_event_loop_';

test('gauges of several threads: the longest of them', () => {
  const page = [
    '# TYPE heliograph_core_event_loop_max_seconds gauge',
    'heliograph_core_event_loop_max_seconds{thread="gateway"} 0.012',
    'heliograph_core_event_loop_max_seconds{thread="store"} 0.034',
    'heliograph_core_event_loop_p99_seconds 0.002',
    'heliograph_core_event_loop_turns_total 77',
  ].join('\n');
  expect(loopDelayOf(page, PREFIX)).toEqual({ max: 0.034, p99: 0.002 });
});

test('a summary with quantiles', () => {
  const page = [
    'heliograph_core_event_loop_delay_seconds{quantile="0.5"} 0.001',
    'heliograph_core_event_loop_delay_seconds{quantile="0.99"} 0.003',
    'heliograph_core_event_loop_delay_seconds{quantile="1"} 0.02',
  ].join('\n');
  expect(loopDelayOf(page, PREFIX)).toEqual({ max: 0.02, p99: 0.003 });
});

test('who publishes nothing has none', () => {
  expect(loopDelayOf('heliograph_core_hosts 3\nheliograph_relay_event_loop_max_seconds 1', PREFIX)).toEqual({
    max: null,
    p99: null,
  });
});
