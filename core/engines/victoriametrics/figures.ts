import { LATENCY_BOUNDS, type Registry } from '../../../lib/metrics.ts';
import type { FrameOutcome } from '../../ports/metric-store.ts';
import type { Address, AddressFigures } from './address.ts';

/** What is counted of requests to an engine, under a prefix of their names. */
export function addressFigures(registry: Registry, prefix: string) {
  const name = (rest: string) => `${prefix}${rest}`;
  const requests = registry.counter(name('requests_total'), 'Requests that the engine answered with a success.');
  const sent = registry.counter(name('sent_samples_total'), 'Samples in these requests, by address.');
  const series = registry.counter(name('sent_series_total'), 'Entries of series in these requests, by address.');
  const bytes = registry.counter(name('sent_bytes_total'), 'Bytes of these requests, compressed, by address.');
  const resent = registry.counter(name('resent_bytes_total'), 'Bytes sent again because the engine was started anew.');
  const ignored = registry.counter(name('ignored_rows_total'), 'Rows the engine dropped behind a success, by reason.');
  return {
    of: (address: string): AddressFigures => ({
      sent: (n, entries, size) => {
        requests.inc({ address });
        sent.inc({ address }, n);
        series.inc({ address }, entries);
        bytes.inc({ address }, size);
      },
      resent: (size) => resent.inc({ address }, size),
      ignored: (reason, rows) => ignored.inc({ address, reason }, rows),
    }),
    watch(addresses: readonly Address[]): void {
      registry
        .gauge(
          name('unconfirmed_bytes'),
          'Bytes in memory of requests that were answered and may not be on its disk yet.',
        )
        .collect(() => addresses.map((address) => [{ address: address.url }, address.unconfirmedBytes] as const));
      registry
        .gauge(name('waiting_samples'), 'Samples that wait to be sent, by address.')
        .collect(() => addresses.map((address) => [{ address: address.url }, address.waitingSamples] as const));
    },
  };
}

/** What is counted of writes to the metric store. */
export function writeFigures(registry: Registry) {
  const name = (rest: string) => `heliograph_core_metric_store_${rest}`;
  const samples = registry.counter(name('samples_total'), 'Samples written since the start.');
  const repeated = registry.counter(name('repeated_samples_total'), 'Samples of frames that were there already.');
  const dropped = registry.counter(name('dropped_samples_total'), 'Samples refused, by reason.');
  const seconds = registry.histogram(name('write_seconds'), 'From the call to durable and visible.', LATENCY_BOUNDS);
  return (outcomes: readonly FrameOutcome[], ms: number): void => {
    seconds.observe({}, ms / 1_000);
    for (const outcome of outcomes) {
      samples.inc({}, outcome.written);
      if (outcome.repeated > 0) repeated.inc({}, outcome.repeated);
      for (const [reason, n] of Object.entries(outcome.dropped)) dropped.inc({ reason }, n);
    }
  };
}
