import { z } from 'zod';
import { alertKey } from '../../../lib/alerts/alert-key.ts';
import { fingerprintOf } from '../../../lib/alerts/fingerprint.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Event } from '../../../proto/event.ts';

/** Types of events that a relay tells of its alerts (docs/relay-rules.md). */
export const ALERT_EVENTS: ReadonlySet<string> = new Set(['alert.firing', 'alert.notified', 'alert.resolved']);

const PREFIX = 'heliograph.alert.';

/** What a relay says of one alert. Times are ms since the epoch, by its clock. */
export interface AlertEvent {
  readonly type: 'alert.firing' | 'alert.notified' | 'alert.resolved';
  readonly time: number;
  readonly key: string;
  readonly fingerprint: string;
  readonly startsAt: number;
  readonly value: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Null: that is not decided. */
  readonly notifiedBy: 'core' | 'relay' | null;
}

const texts = z.string().transform((text, context) => {
  try {
    const parsed = z.record(z.string(), z.string()).safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Told of below.
  }
  context.addIssue({ code: 'custom', message: 'is no JSON object of texts' });
  return z.NEVER;
});

const facts = z.object({
  key: z.string().min(1).max(100),
  starts_at: z.number(),
  value: z.string().max(100),
  labels: texts.refine((labels) => labels.alertname !== undefined, 'has no alertname'),
  annotations: texts,
  notified_by: z.enum(['core', 'relay']).nullable(),
});

/** @throws HeliographError HG_ALERT_EVENT for one that does not say what it should, or whose key is not its labels' */
export function readAlertEvent({ type, time, facts: given }: Event): AlertEvent {
  const own = Object.entries(given).flatMap(([name, fact]) =>
    name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), fact] as const] : [],
  );
  const parsed = facts.safeParse(Object.fromEntries(own));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new HeliographError('HG_ALERT_EVENT', `${type}: ${PREFIX}${issue.path.join('.')} ${issue.message}`);
  }
  const { key, starts_at: startsAt, value, labels, annotations, notified_by: notifiedBy } = parsed.data;
  const fingerprint = fingerprintOf(labels);
  if (alertKey({ fingerprint, activeAt: startsAt }) !== key) {
    throw new HeliographError('HG_ALERT_EVENT', `${type}: the key ${key} is not that of its labels and begin`);
  }
  return { type: type as AlertEvent['type'], time, key, fingerprint, startsAt, value, labels, annotations, notifiedBy };
}
