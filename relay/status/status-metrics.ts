import type { Registry } from '../../lib/metrics.ts';
import type { DefinitionIndex } from '../definition-index.ts';
import type { Forwarder } from '../forwarder.ts';
import type { Pressure } from '../pressure.ts';
import type { Session } from '../session.ts';
import type { Sessions } from '../sessions.ts';
import type { UplinkState } from '../uplink.ts';
import type { HostTotals } from './contract.ts';
import { isOff, totalsOf } from './host-totals.ts';
import { certificateEnd } from './own-certificate.ts';

export interface StatusMetricParts {
  readonly sessions: Sessions;
  readonly definitions: DefinitionIndex;
  readonly forwarders: readonly Forwarder[];
  readonly pressure: Pressure;
  readonly upstream: () => UplinkState;
  /** File of the relay's own certificate. */
  readonly certificate: string;
  readonly now: () => number;
  readonly skewMs: number;
  readonly certificateMs: number;
}

/**
 * What the status page shows, as metrics. Of hosts only sums: with a series for each host the relay's own page would be the
 * largest of all.
 */
export function statusMetrics(parts: StatusMetricParts, metrics: Registry): void {
  const { sessions, definitions, forwarders, pressure, upstream, certificate } = parts;
  const off = () => isOff({ ...parts, now: parts.now() });
  const gauge = (name: string, help: string, read: (totals: HostTotals) => number) =>
    metrics.gauge(name, help).collect(() => [[{}, read(totalsOf(seen(sessions.all()), off()))]]);
  gauge(
    'heliograph_relay_host_waiting_frames',
    'Frames that wait at connected hosts, as they last said.',
    (totals) => totals.waitingThere,
  );
  gauge('heliograph_relay_host_series', 'Series that connected hosts say they send.', (totals) => totals.series);
  gauge(
    'heliograph_relay_clocks_off',
    'Connected hosts whose clock is further away than clockSkew.',
    (totals) => totals.clocksOff,
  );
  gauge(
    'heliograph_relay_clock_skew_max_seconds',
    'The largest difference between the clock of a connected host and the own one.',
    (totals) => totals.greatestSkewMs / 1000,
  );
  gauge(
    'heliograph_relay_certificates_ending',
    'Connected hosts whose certificate ends within 14 days.',
    (totals) => totals.certificatesEnding,
  );
  metrics
    .gauge('heliograph_relay_page_series', 'Distinct series that the pages kept here name, without labels of hosts.')
    .collect(() => [[{}, definitions.series]]);
  metrics
    .gauge(
      'heliograph_relay_pressure',
      'Whether hosts hold a class back: 0 no, 1 they are asked to slow down, 2 to stop.',
    )
    .collect(() => Object.entries(pressure.levels()).map(([name, level]) => [{ class: name }, level]));
  metrics
    .gauge(
      'heliograph_relay_core_changed_seconds',
      'When the stream to a core was opened, or since when there is none: Unix time.',
    )
    .collect(() => [[{}, upstream().since / 1000]]);
  metrics
    .gauge(
      'heliograph_relay_certificate_end_seconds',
      "End of the relay's own certificate: Unix time; 0: it cannot be read.",
    )
    .collect(() => [[{}, endOf(certificate)]]);
  const lanes = metrics.gauge(
    'heliograph_relay_lane_bytes',
    'What waits for the core, by class and lane: unread, bytes of the journal; block, bytes of blocks that are not acknowledged.',
  );
  lanes.collect(function* () {
    for (const forwarder of forwarders) {
      for (const [lane, { unreadBytes, blockBytes }] of Object.entries(forwarder.waiting())) {
        yield [{ class: forwarder.class, lane, state: 'unread' }, unreadBytes] as const;
        yield [{ class: forwarder.class, lane, state: 'block' }, blockBytes] as const;
      }
    }
  });
  metrics
    .gauge(
      'heliograph_relay_lane_blocks',
      'Blocks by class and lane: with the core and not acknowledged, or to be sent again.',
    )
    .collect(function* () {
      for (const forwarder of forwarders) {
        for (const [lane, { withCore, again }] of Object.entries(forwarder.waiting())) {
          yield [{ class: forwarder.class, lane, state: 'with-core' }, withCore] as const;
          yield [{ class: forwarder.class, lane, state: 'again' }, again] as const;
        }
      }
    });
}

function* seen(sessions: Iterable<Session>) {
  for (const { skew: skewMs, peer, said } of sessions) {
    const { queuedFrames: waitingThere = null, series = null } = said ?? {};
    yield { skewMs, certificateEnds: peer.notAfter, waitingThere, series };
  }
}

function endOf(certificate: string): number {
  try {
    return certificateEnd(certificate) / 1000;
  } catch {
    // The status says what is wrong with it; the other metrics must not go with it.
    return 0;
  }
}
