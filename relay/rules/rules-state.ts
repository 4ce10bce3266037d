import type { RulesState } from '../status/contract.ts';
import type { AlertBook } from './alert-book.ts';
import type { Alerting } from './alerting.ts';
import type { KnownHosts } from './known-hosts.ts';
import type { Notifier } from './notifier.ts';
import type { RecentSamples } from './recent-samples.ts';

const MOST_SHOWN = 100;

/** Rules, alerts and notifications, for the relay's status. @param trouble why the file of rules cannot be used */
export function rulesState(
  parts: {
    alerting: Alerting;
    book: AlertBook;
    samples: RecentSamples;
    hosts: KnownHosts;
    notifiers: readonly Notifier[];
  },
  trouble: string | null,
): RulesState {
  const { alerting, book, samples, hosts, notifiers } = parts;
  const counts = new Map<string, { pending: number; firing: number }>();
  for (const { rule, state } of book.all()) {
    if (state === 'resolved') continue;
    const count = counts.get(rule) ?? { pending: 0, firing: 0 };
    count[state]++;
    counts.set(rule, count);
  }
  const firing = [...book.all()].filter(({ state }) => state === 'firing').sort((a, b) => a.firedAt! - b.firedAt!);
  return {
    trouble,
    rules: alerting.rules.map(({ rule, trouble: why }) => ({
      group: rule.group,
      alert: rule.alert,
      ...(counts.get(rule.id) ?? { pending: 0, firing: 0 }),
      trouble: why,
    })),
    firing: firing
      .slice(0, MOST_SHOWN)
      .map(({ labels, firedAt, value, owner }) => ({ labels, since: firedAt!, value, owner })),
    receivers: notifiers.map(({ receiver, counts: { sent, failed }, trouble: why }) => ({
      url: hidden(receiver.url),
      sent,
      failed,
      trouble: why,
    })),
    series: samples.series,
    refusedSamples: samples.refused,
    hosts: { known: hosts.size, down: hosts.down },
  };
}

/** Without what may be a secret in it. */
function hidden(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/...`;
}
