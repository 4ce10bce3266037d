import { request } from '../api.ts';

/** A block or cap as the API has it. Times in ms since the epoch. */
export interface Order {
  readonly id: string;
  readonly kind: 'block' | 'cap';
  readonly match: string;
  readonly most?: number;
  readonly perHost?: boolean;
  readonly by: string;
  readonly why: string;
  readonly at: number;
  readonly until: number | null;
  readonly lifted: { readonly by: string; readonly at: number } | null;
}

/** A relay's process, and whether it carries the orders out. */
export interface Relay {
  readonly key: string;
  readonly state: 'in_force' | 'not_counted' | 'waiting' | 'newer';
  readonly trouble?: string;
}

export interface LimitsAnswer {
  readonly time: number;
  /** The newest first, with those that are over. */
  readonly orders: readonly Order[];
  readonly relays: readonly Relay[];
  readonly doors: boolean;
}

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
export function giveOrder(form: object): Promise<{ order: Order }> {
  return request('/api/v1/limits', {
    method: 'POST',
    headers: { ...bearer(), 'content-type': 'application/json' },
    body: JSON.stringify(form),
  });
}

/** @throws ApiError */
export function liftOrder(id: string): Promise<{ order: Order }> {
  return request(`/api/v1/limits/${encodeURIComponent(id)}`, { method: 'DELETE', headers: bearer() });
}

function bearer(): Record<string, string> {
  const token = knownToken();
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}
