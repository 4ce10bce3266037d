import type { OrderTold } from '../../../limits/answer.ts';
import { request } from '../api.ts';

export interface FleetEvent {
  readonly time: number;
  readonly host: string;
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** How the token is kept: for this tab, until it is closed. */
const TOKEN = 'heliograph.token';

export function knownToken(): string {
  return sessionStorage.getItem(TOKEN) ?? '';
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** @throws ApiError */
export function giveOrder(form: object): Promise<OrderTold> {
  return request('/api/v1/limits', {
    method: 'POST',
    headers: { ...bearer(), 'content-type': 'application/json' },
    body: JSON.stringify(form),
  });
}

/** @throws ApiError */
export function liftOrder(id: string): Promise<OrderTold> {
  return request(`/api/v1/limits/${encodeURIComponent(id)}`, { method: 'DELETE', headers: bearer() });
}

/** For requests that take a token. */
export function bearer(): Record<string, string> {
  const token = knownToken();
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}
