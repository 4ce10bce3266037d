import { ask, type Parameters, request } from '../api.ts';
import { address } from '../router.ts';
import { fixedRange } from '../time-range.ts';
import type { AlertsAnswer, Labels, Matcher, RulesAnswer, ShownSilence } from './alert-shapes.ts';
import { bearer } from './limits-answer.ts';

interface Data<T> {
  readonly data: T;
}

/** @param parameters of /api/v1/alerts; `limit` is among them: there may be 20,000 */
export const askAlerts = async (
  parameters: Parameters & { readonly limit: number },
  signal: AbortSignal,
): Promise<AlertsAnswer> => (await ask<Data<AlertsAnswer>>('/api/v1/alerts', parameters, signal)).data;

/** Without the alerts that they found. */
export const askRules = async (signal: AbortSignal): Promise<RulesAnswer> =>
  (await ask<Data<RulesAnswer>>('/api/v1/rules', { exclude_alerts: 'true' }, signal)).data;

export const askSilences = async (signal: AbortSignal): Promise<readonly ShownSilence[]> =>
  (await ask<{ silences: ShownSilence[] }>('/api/v1/alerts/silences', {}, signal)).silences;

const JSON_BODY = { 'content-type': 'application/json' };

/** @throws ApiError */
export function silence(matchers: readonly Matcher[], ms: number, comment: string): Promise<unknown> {
  const now = Date.now();
  const [startsAt, endsAt] = [new Date(now).toISOString(), new Date(now + ms).toISOString()];
  const body = JSON.stringify({ matchers, startsAt, endsAt, comment });
  return request('/api/v1/alerts/silences', { method: 'POST', headers: { ...bearer(), ...JSON_BODY }, body });
}

/** @throws ApiError */
export function endSilence(id: string): Promise<unknown> {
  return request(`/api/v1/alerts/silences/${encodeURIComponent(id)}`, { method: 'DELETE', headers: bearer() });
}

/** @param method DELETE: nobody has it in hand any more @throws ApiError */
export function acknowledge(method: 'POST' | 'DELETE', key: string, note: string): Promise<unknown> {
  const body = JSON.stringify(method === 'POST' ? { key, note } : { key });
  return request('/api/v1/alerts/acks', { method, headers: { ...bearer(), ...JSON_BODY }, body });
}

/** The matchers that only alerts with all of these labels meet, the name first. */
export function matchersOf({ alertname, ...labels }: Labels): Matcher[] {
  const all = alertname === undefined ? labels : { alertname, ...labels };
  return Object.entries(all).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
}

/** Some time before something began until it was over, or now. */
const AROUND_MS = 30 * 60_000;
const around = (from: number, to: number) => {
  const range = fixedRange(from - AROUND_MS, Math.min(to + AROUND_MS / 3, Date.now()));
  return { from: range.from, to: range.to };
};

/** The chart of an expression while an alert held. */
export function chartAddress(query: string, from: number, to: number): string {
  return address('/explore', { query, ...around(from, to) });
}

/** The lines of whom an alert is about; null: it names nobody. */
export function linesAddress(labels: Labels, from: number, to: number): string | null {
  const host = labels.instance ?? labels.host ?? labels['host.name'] ?? '';
  const service = labels.service ?? labels['service.name'] ?? '';
  if (host === '' && service === '') return null;
  return address('/logs', { host, service, ...around(from, to) });
}
