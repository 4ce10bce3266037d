import { HeliographError } from '../lib/errors.ts';
import { fetchFailure } from '../lib/fetch-failure.ts';
import type { RelayStatus, Sort } from '../relay/status/contract.ts';
import { askCore, coreUrl } from './core-client.ts';

/** Longer than the relay waits for a worker that does not answer, ms. */
const PATIENCE_MS = 10_000;

/** Which hosts the answer has. */
export interface StatusQuestion {
  /** The relay's HTTP address. */
  readonly relay: string;
  readonly sort: Sort;
  /** A part of the host's name; '': all. */
  readonly host: string;
  readonly count: number;
}

/** @throws HeliographError HG_RELAY_UNREACHABLE, HG_RELAY_ANSWER (facts.status) */
export function askRelayStatus({ relay, sort, host, count }: StatusQuestion): Promise<RelayStatus> {
  return askRelay(coreUrl(relay, '/status.json', { sort, host, count: String(count) }));
}

/** A JSON answer of a relay's own HTTP address. @throws HeliographError HG_RELAY_UNREACHABLE, HG_RELAY_ANSWER (facts.status) */
export async function askRelay<T>(url: URL, timeoutMs = PATIENCE_MS): Promise<T> {
  try {
    return (await askCore<T>(url, timeoutMs)).body;
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    if (error.code === 'HG_CORE_UNREACHABLE') {
      const detail = `${url.origin}: ${fetchFailure(error.cause)}; does it run, and is this its http.listen?`;
      throw new HeliographError('HG_RELAY_UNREACHABLE', detail, { url: url.href }, error);
    }
    const said = String(error.facts.error ?? 'not as a relay does; is another program at this address?').trim();
    const hint = error.facts.status === 404 ? '; is this its http.listen?' : '';
    throw new HeliographError('HG_RELAY_ANSWER', `${url.origin}: ${said}${hint}`, { ...error.facts }, error);
  }
}
