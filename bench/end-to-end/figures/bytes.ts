import type { BenchResult } from '../../result.ts';
import type { OneRun } from '../one-run.ts';

/** Bytes of a sample on each hop, and on the store's disk. */
export function bytesFigures({ options, before, after }: OneRun): BenchResult[] {
  const overRelay = after.samples.relay - before.samples.relay;
  const overCore = after.samples.core - before.samples.core;
  const unit = 'B/sample';
  const results: BenchResult[] = [
    {
      name: 'collector to relay, payload',
      value: (after.bytes.frames - before.bytes.frames) / overRelay,
      unit,
      target: 1.6,
    },
  ];
  // Lines and samples share the connections.
  const alone = options.logs === 0;
  if (alone && before.wire.relay !== null && after.wire.relay !== null) {
    const value = (after.wire.relay - before.wire.relay) / overRelay;
    const note = 'what the sockets of the relay received: definitions and base rows are in it';
    results.push({ name: 'collector to relay, with MQTT and TLS', value, unit, target: 2, note });
  }
  results.push({
    name: 'relay to core, payload',
    value: (after.bytes.blocks - before.bytes.blocks) / overRelay,
    unit,
    target: 1.2,
  });
  if (alone && before.wire.core !== null && after.wire.core !== null) {
    const value = (after.wire.core - before.wire.core) / overRelay;
    results.push({ name: 'relay to core, with gRPC and TLS', value, unit });
  }
  if (options.store !== 'embedded') {
    const value = (after.bytes.written - before.bytes.written) / overCore;
    const note = options.store === 'victoriametrics' ? 'snappy' : 'zstd';
    results.push({ name: 'core to the store, remote write', value, unit, note });
  }
  if (after.bytes.disk !== null) {
    const note = 'all of it since the start, indexes included: the longer, the less';
    results.push({ name: 'on its disk', value: after.bytes.disk / after.samples.store, unit, note });
  }
  return results;
}
