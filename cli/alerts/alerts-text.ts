import { matcherText } from '../../core/alerts/notify/matchers.ts';
import type { ReceiversView } from '../../core/alerts/notify/view.ts';
import type { AlertView } from '../../core/api/alerts/alert-view.ts';
import type { SilenceView } from '../../core/api/alerts/silences.ts';
import { table } from '../terminal/table.ts';
import { printable, spanText, timeText } from '../terminal/text.ts';
import type { AlertPastView } from './client.ts';

const MOST_LABELS = 90;

/** @param now ms since the epoch, the core's */
export function alertsText(alerts: readonly AlertView[], now: number): string {
  if (alerts.length === 0) return 'no alert pends or fires';
  return table([
    ['STATE', 'ALERT', 'SINCE', 'LABELS', 'VALUE', 'KEY'],
    ...alerts.map((alert) => [
      stateText(alert),
      printable(alert.labels.alertname ?? ''),
      spanText(Math.max(0, now - Date.parse(alert.activeAt))),
      labelsText(alert.labels),
      valueText(alert.value),
      alert.key,
    ]),
  ]);
}

/** `firing, acknowledged by alice`. */
function stateText({ state, acknowledged, silencedBy, inhibitedBy }: AlertView): string {
  const more = [
    ...(acknowledged ? [`acknowledged by ${printable(acknowledged.by)}`] : []),
    ...(silencedBy.length > 0 ? ['silenced'] : []),
    ...(inhibitedBy.length > 0 ? ['inhibited'] : []),
  ];
  return [state, ...more].join(', ');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const text = Object.entries(labels)
    .filter(([name]) => name !== 'alertname')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return printable(text.length > MOST_LABELS ? `${text.slice(0, MOST_LABELS)}...` : text);
}

export function alertText(alert: AlertView): string {
  const at = (text: string | null) => (text === null ? '-' : timeText(Date.parse(text)));
  const { acknowledged } = alert;
  const rows = [
    ['alert', printable(alert.labels.alertname ?? '')],
    ['state', stateText(alert)],
    ['key', alert.key],
    ['source', alert.source],
    ['value', valueText(alert.value)],
    ['active since', at(alert.activeAt)],
    ['fired', at(alert.firedAt)],
    ['over', at(alert.resolvedAt)],
    ['told', at(alert.notifiedAt)],
    ...(acknowledged
      ? [['acknowledged', `by ${printable(acknowledged.by)}, ${at(acknowledged.at)}: ${printable(acknowledged.note)}`]]
      : []),
    ...alert.silencedBy.map((id) => ['silenced by', id]),
    ...alert.inhibitedBy.map((fingerprint) => ['inhibited by', fingerprint]),
    ...Object.entries(alert.labels).map(([name, value]) => [`label ${printable(name)}`, printable(value)]),
    ...Object.entries(alert.annotations).map(([name, value]) => [printable(name), printable(value)]),
  ];
  return table(rows);
}

/** Without the exponent that the API gives every number. */
function valueText(value: string): string {
  return value !== '' && Number.isFinite(Number(value)) ? String(Number(value)) : value;
}

export function silencesText(silences: readonly SilenceView[], now: number): string {
  if (silences.length === 0) return 'no silence is in force';
  return table([
    ['ID', 'STATE', 'ALERTS', 'BY', 'UNTIL', 'WHY'],
    ...silences.map((one) => [
      one.id,
      one.state,
      printable(matcherText(one.matchers)),
      printable(one.createdBy),
      one.state === 'expired' ? timeText(Date.parse(one.endsAt)) : `in ${spanText(Date.parse(one.endsAt) - now)}`,
      printable(one.comment),
    ]),
  ]);
}

export function historyText(history: readonly AlertPastView[]): string {
  if (history.length === 0) return 'nothing fired then';
  return table([
    ['FIRED', 'FOR', 'ALERT', 'LABELS', 'KEY'],
    ...history.map((one) => [
      timeText(Date.parse(one.firedAt)),
      one.resolvedAt === null ? 'it fires' : spanText(Date.parse(one.resolvedAt) - Date.parse(one.firedAt)),
      printable(one.labels.alertname ?? ''),
      labelsText(one.labels),
      one.key,
    ]),
  ]);
}

export function receiversText({ receivers, lease }: ReceiversView): string {
  const list =
    receivers.length === 0
      ? 'nobody is told: alerts.notify of the core names no receiver'
      : table([
          [
            'RECEIVER',
            'KIND',
            'STATE',
            'SENT',
            'FAILED',
            'REFUSED',
            'UNKNOWN',
            'WAITING',
            'LAST SUCCESS',
            'LAST ERROR',
          ],
          ...receivers.map(({ name, kind, state, counts, waiting, lastSuccess, lastError }) => [
            ...[printable(name), kind, state],
            ...[counts.sent, counts.failed, counts.refused, counts.unknown, waiting].map(String),
            lastSuccess === null ? '-' : timeText(Date.parse(lastSuccess)),
            lastError === null ? '-' : `${timeText(Date.parse(lastError.at))} ${printable(lastError.message)}`,
          ]),
        ]);
  if (lease.kind === 'none') return list;
  const who = lease.held
    ? `this core notifies (generation ${lease.generation})`
    : `another core notifies: ${lease.owner}`;
  return `${list}\n\nlease ${lease.name}: ${who}`;
}
