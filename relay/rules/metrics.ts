import type { Registry } from '../../lib/metrics.ts';
import type { AlertBook } from './alert-book.ts';
import type { Alerting } from './alerting.ts';
import type { FedSamples } from './fed-samples.ts';
import type { HandOver } from './hand-over.ts';
import type { KnownHosts } from './known-hosts.ts';
import type { Notifier } from './notifier.ts';
import type { RecentSamples } from './recent-samples.ts';
import type { SampleReader } from './sample-reader.ts';

/** What is read for rules, in the worker that evaluates and in the others. */
export function readerMetrics(reader: SampleReader, metrics: Registry): void {
  metrics
    .gauge('heliograph_relay_rules_behind_bytes', 'Bytes of the journal that the rules have not read yet.')
    .collect(() => [[{}, reader.behind]]);
  metrics
    .gauge('heliograph_relay_rules_frames', 'Frames read for rules since the start, by fate.')
    .collect(() => Object.entries(reader.counts).map(([fate, count]) => [{ fate }, count]));
}

/** Everything that the rules count, under heliograph_relay_rules_*. */
export function rulesMetrics(
  parts: {
    alerting: Alerting;
    book: AlertBook;
    samples: RecentSamples;
    reader: SampleReader;
    hosts: KnownHosts;
    handOver: HandOver;
    notifiers: readonly Notifier[];
    fed: FedSamples;
  },
  metrics: Registry,
): void {
  const { alerting, book, samples, reader, hosts, handOver, notifiers, fed } = parts;
  const gauge = (name: string, help: string, value: () => number) =>
    metrics.gauge(`heliograph_relay_rules_${name}`, help).collect(() => [[{}, value()]]);
  gauge('rules', 'Alerting rules in force.', () => alerting.rules.length);
  gauge('series', 'Series held for alerting rules.', () => samples.series);
  readerMetrics(reader, metrics);
  gauge('hosts', 'Hosts that heartbeat rules know.', () => hosts.size);
  gauge('hosts_down', 'Those of them that are not connected.', () => hosts.down);
  metrics.gauge('heliograph_relay_rules_alerts', 'Alerts, by state.').collect(() => {
    const counts = { pending: 0, firing: 0, resolved: 0 };
    for (const { state } of book.all()) counts[state]++;
    return Object.entries(counts).map(([state, count]) => [{ state }, count]);
  });
  // What the parts count for themselves; a gauge here, because that is what can be asked for when it is shown.
  metrics.gauge('heliograph_relay_rules_samples', 'Samples for rules since the start, by fate.').collect(() => [
    [{ fate: 'taken' }, samples.taken],
    [{ fate: 'no_room' }, samples.refused],
    [{ fate: 'taken_crowded' }, samples.crowded],
    [{ fate: 'unknown_page' }, fed.unknown],
  ]);
  gauge('evaluations', 'Evaluations of rules since the start.', () => alerting.counts.evaluations);
  metrics
    .gauge('heliograph_relay_rules_errors', 'Evaluations that failed since the start, by rule.')
    .collect(() => alerting.rules.map(({ rule, errors }) => [{ group: rule.group, alert: rule.alert }, errors]));
  gauge('alerts_refused', 'Times since the start that there was no room for an alert.', () => book.refused);
  metrics.gauge('heliograph_relay_rules_decisions', 'Who notifies people of an alert, since the start.').collect(() => [
    [{ who: 'core' }, handOver.handedOver],
    [{ who: 'relay' }, handOver.taken],
    [{ who: 'relay_after_core' }, handOver.takenBack],
  ]);
  metrics
    .gauge('heliograph_relay_rules_notifications', 'Alerts sent, and requests that failed, since the start.')
    .collect(() =>
      notifiers.flatMap(({ receiver, counts }, index) =>
        Object.entries(counts).map(
          ([fate, count]) => [{ receiver: `${receiver.kind}-${index}`, fate }, count] as const,
        ),
      ),
    );
  gauge(
    'notifications_given_up',
    'Ends of alerts that a receiver did not take for a day.',
    () => alerting.counts.givenUp,
  );
}
