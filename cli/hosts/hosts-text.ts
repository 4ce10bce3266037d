import type { InventoryView } from '../../core/alerts/inventory/inventory.ts';
import { table } from '../terminal/table.ts';
import { many, printable, spanText, timeText } from '../terminal/text.ts';

const STATES = { alert: 'an alert', group: 'in a group', beyond: 'counted', waiting: 'not yet' } as const;

/** Who is silent and who is out of service, for a person. */
export function hostsText(view: InventoryView): string {
  const { time, silent, decommissioned, maintenance } = view;
  if (!view.enabled) return 'nobody is expected: alerts.hosts.enabled is off in the core';
  const parts = [`${many(view.expected, 'host is', 'hosts are')} expected, ${silent.count} of them silent`];
  if (silent.hosts.length > 0) {
    parts.push(
      table([
        ['HOST', 'SITE', 'RELAY', 'SILENT FOR', 'ALERT', 'WHY'],
        ...silent.hosts.map(({ host, site, relay, since, state, why }) => [
          printable(host),
          printable(site),
          printable(relay),
          since === null ? 'never heard' : spanText(time - since),
          STATES[state],
          printable(why),
        ]),
      ]),
    );
    if (silent.count > silent.hosts.length) parts.push(`and ${silent.count - silent.hosts.length} more`);
  }
  if (decommissioned.length > 0) {
    parts.push(
      table([
        ['OUT OF SERVICE', 'SINCE', 'BY', 'NOTE'],
        ...decommissioned.map(({ name, at, by, note }) => [
          printable(name),
          timeText(at),
          printable(by),
          printable(note),
        ]),
      ]),
    );
  }
  for (const { hosts, relays, comment } of maintenance) {
    const whose = [...(hosts ?? []), ...(relays ?? []).map((relay) => `hosts of ${relay}`)].join(', ');
    parts.push(`in maintenance now: ${printable(whose)}${comment === '' ? '' : ` (${printable(comment)})`}`);
  }
  return parts.join('\n\n');
}
