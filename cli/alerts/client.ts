import { parseMatchers } from '../../core/alerts/notify/matchers.ts';
import type { ReceiversView } from '../../core/alerts/notify/view.ts';
import type { AlertView } from '../../core/api/alerts/alert-view.ts';
import type { SilenceView } from '../../core/api/alerts/silences.ts';
import { HeliographError } from '../../lib/errors.ts';
import { askCore, type CoreAnswer, coreUrl, tellCore } from '../core-client.ts';
import { orderToken } from '../order-token.ts';

const PATH = '/api/v1/alerts';
const MOST_NAMED = 5;

export interface AlertPastView
  extends Pick<AlertView, 'key' | 'fingerprint' | 'source' | 'labels' | 'annotations' | 'value' | 'activeAt'> {
  readonly firedAt: string;
  readonly resolvedAt: string | null;
}

/** All of these throw HeliographError HG_CORE_UNREACHABLE, HG_CORE_ANSWER; what changes something HG_CONFIG_VALUE without a token. */
export function readAlerts(
  core: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<CoreAnswer<{ data: { alerts: AlertView[] } }>> {
  return askCore(coreUrl(core, PATH, parameters));
}

export function readHistory(
  core: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<CoreAnswer<{ history: AlertPastView[] }>> {
  return askCore(coreUrl(core, `${PATH}/history`, parameters));
}

export function readSilences(core: string): Promise<CoreAnswer<{ silences: SilenceView[] }>> {
  return askCore(coreUrl(core, `${PATH}/silences`));
}

export function readReceivers(core: string): Promise<CoreAnswer<ReceiversView>> {
  return askCore(coreUrl(core, `${PATH}/receivers`));
}

/** The one alert that a key, the beginning of one, or matchers mean. @throws HeliographError HG_CONFIG_VALUE for none or several */
export async function oneAlert(core: string, key: string): Promise<AlertView> {
  const { alerts } = (await readAlerts(core, { state: 'all' })).body.data;
  const found = alerts.filter((alert) => alert.key === key);
  const like = found.length > 0 ? found : alerts.filter((alert) => alert.key.startsWith(key));
  if (like.length === 1) return like[0]!;
  const some = like.slice(0, MOST_NAMED).map((alert) => `${alert.key} (${alert.labels.alertname})`);
  throw new HeliographError(
    'HG_CONFIG_VALUE',
    like.length === 0
      ? `no alert has a key that begins with ${key}; "heliograph alerts ls" shows those that pend or fire`
      : `${like.length} alerts have a key that begins with ${key}: ${some.join(', ')}; write more of it`,
  );
}

export function acknowledge(core: string, key: string, note: string): Promise<CoreAnswer<{ alert: AlertView }>> {
  return tellCore(coreUrl(core, `${PATH}/acks`), 'POST', { body: { key, note }, token: orderToken('alerts:write') });
}

export function takeBack(core: string, key: string): Promise<CoreAnswer<{ alert: AlertView }>> {
  return tellCore(coreUrl(core, `${PATH}/acks`), 'DELETE', { body: { key }, token: orderToken('alerts:write') });
}

/** @param texts matchers such as `instance=~"web.*"`; all of them must fit @param forMs from now on */
export function silence(
  core: string,
  texts: readonly string[],
  forMs: number,
  comment: string,
): Promise<CoreAnswer<SilenceView>> {
  const body = {
    matchers: texts.flatMap((text) => parseMatchers(text)),
    endsAt: new Date(Date.now() + forMs).toISOString(),
    comment,
  };
  return tellCore(coreUrl(core, `${PATH}/silences`), 'POST', { body, token: orderToken('alerts:write') });
}

export function unsilence(core: string, id: string): Promise<CoreAnswer<SilenceView>> {
  const url = coreUrl(core, `${PATH}/silences/${encodeURIComponent(id)}`);
  return tellCore(url, 'DELETE', { token: orderToken('alerts:write') });
}
