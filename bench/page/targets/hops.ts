import { beforeSink, bench, manyHosts, whole } from '../kinds.ts';
import { WHOLE } from './load.ts';
import { run, type TargetPart } from './target.ts';

const SINK = run('end-to-end --hosts=10000 --instants=10 --store=sink --workers=2');

/** Each hop by itself. */
export const HOPS: readonly TargetPart[] = [
  {
    part: 'Relay',
    targets: [
      {
        what: 'CPU per million samples, 1,000 a frame',
        figures: /^relay, 1000 samples a frame: CPU per million samples$/,
        of: bench('relay'),
        most: 0.15,
        command: run('relay'),
      },
      {
        what: 'CPU per million samples, 100 a frame',
        figures: /^relay, 100 samples a frame: CPU per million samples$/,
        of: bench('relay'),
        most: 0.5,
        command: run('relay'),
      },
      { what: 'CPU within the whole system', figures: /^relay: CPU$/, of: whole, command: WHOLE },
      {
        what: 'memory at 10,000 hosts, MiB',
        figures: /^relay: memory, the most$/,
        of: whole,
        most: 900,
        command: WHOLE,
      },
    ],
  },
  {
    part: 'Core gateway',
    targets: [
      {
        what: 'CPU per million samples, zstd, by hosts',
        figures: /^core, block to remote write and acknowledgement, zstd, (\d+ hosts)/,
        of: bench('core-many-hosts'),
        most: 0.15,
        command: run('core-many-hosts'),
      },
      {
        what: 'CPU per million samples, snappy, by hosts',
        figures: /^core, block to remote write and acknowledgement, snappy, (\d+ hosts)/,
        of: bench('core-many-hosts'),
        most: 0.6,
        command: run('core-many-hosts'),
      },
      { what: 'CPU within the whole system', figures: /^core: CPU$/, of: whole, command: WHOLE },
    ],
  },
  {
    part: 'Relay and core before a sink that counts, so that the store is not what limits them',
    full: manyHosts,
    targets: [
      { what: 'sent to the sink', figures: /^samples, sent to stored$/, of: beforeSink, command: SINK },
      { what: 'CPU', figures: /^(relay|core|sink): CPU$/, of: beforeSink, command: SINK },
      { what: 'CPU share', figures: /^([\w ]+): CPU share$/, of: beforeSink, command: SINK },
    ],
  },
  {
    part: 'Bytes of a sample',
    targets: [
      {
        what: 'collector to relay, payload',
        figures: /^collector to relay, payload$/,
        of: whole,
        most: 1.6,
        command: WHOLE,
      },
      {
        what: 'collector to relay, with MQTT and TLS',
        figures: /^collector to relay, with MQTT and TLS$/,
        of: whole,
        most: 2,
        command: WHOLE,
      },
      { what: 'relay to core, payload', figures: /^relay to core, payload$/, of: whole, most: 1.2, command: WHOLE },
      {
        what: 'relay to core, with gRPC and TLS',
        figures: /^relay to core, with gRPC and TLS$/,
        of: whole,
        most: 1.2,
        command: WHOLE,
      },
    ],
  },
];
