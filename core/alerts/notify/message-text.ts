import type { ToldAlert, ToldGroup } from '../../../lib/alerts/webhook-body.ts';

/** Alerts that are written out; the others are a number. */
const MOST_WRITTEN = 50;

/** A notification for people: a line, and a text. */
export interface MessageText {
  readonly subject: string;
  readonly text: string;
}

export function messageText({ alerts, groupLabels, externalUrl, truncated }: ToldGroup): MessageText {
  const firing = alerts.filter(({ status }) => status === 'firing');
  const resolved = alerts.filter(({ status }) => status === 'resolved');
  const counts = [
    ...(firing.length > 0 ? [`${firing.length} firing`] : []),
    ...(resolved.length > 0 ? [`${resolved.length} resolved`] : []),
  ].join(', ');
  const [only] = alerts;
  const about =
    alerts.length === 1
      ? oneLine(only!)
      : Object.values(groupLabels).join(' ') || [...new Set(alerts.map(nameOf))].slice(0, 3).join(', ');
  const left = truncated + Math.max(0, alerts.length - MOST_WRITTEN);
  const text = [
    ...[...firing, ...resolved].slice(0, MOST_WRITTEN).map(written),
    ...(left > 0 ? [`and ${left} more`] : []),
    ...(externalUrl === '' ? [] : [externalUrl]),
  ].join('\n\n');
  return { subject: plain(`[${counts}] ${about}`).slice(0, 200), text };
}

const nameOf = ({ labels }: ToldAlert) => labels.alertname ?? 'alert';

function oneLine(alert: ToldAlert): string {
  return alert.annotations.summary ?? [nameOf(alert), alert.labels.instance ?? ''].join(' ').trim();
}

function written({ status, labels, annotations, activeAt, resolvedAt, key, value }: ToldAlert): string {
  const lines = [
    `${status === 'firing' ? 'FIRING' : 'RESOLVED'} ${labels.alertname ?? ''}`,
    ...Object.entries(annotations).map(([name, text]) => `  ${name}: ${text}`),
    `  since ${new Date(activeAt).toISOString()}${resolvedAt === null ? '' : `, over ${new Date(resolvedAt).toISOString()}`}`,
    ...(value === undefined ? [] : [`  value ${value}`]),
    `  ${Object.entries(labels)
      .map(([name, text]) => `${name}=${JSON.stringify(text)}`)
      .join(' ')}`,
    `  key ${key}`,
  ];
  return lines.join('\n');
}

/** Without line breaks and control characters: it goes into a header. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
