import { Option } from 'commander';
import { HeliographError } from '../lib/errors.ts';
import { fetchFailure } from '../lib/fetch-failure.ts';

/** Where the core is, for every command that asks one; HELIOGRAPH_CORE spares typing it. */
export function coreOption(): Option {
  return new Option('--core <url>', 'address of the core').env('HELIOGRAPH_CORE').default('http://127.0.0.1:9470');
}

export interface CoreAnswer<T> {
  readonly body: T;
  /** The text as it came, for `--json`. */
  readonly text: string;
  /** The core's clock, ms, to the second; NaN where it does not say. */
  readonly time: number;
}

/** A question to a core: path and parameters; a list gives the parameter several times. */
export function coreUrl(
  core: string,
  path: string,
  parameters: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): URL {
  if (!URL.canParse(core) || !/^https?:$/.test(new URL(core).protocol)) {
    throw new HeliographError(
      'HG_CONFIG_VALUE',
      `${core} is no address of a core or relay; write one such as http://127.0.0.1:9470 (a core) or http://127.0.0.1:9472 (a relay)`,
    );
  }
  const url = new URL(path, core);
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) url.searchParams.append(name, one);
  }
  return url;
}

/**
 * Asks a core; with a `body`, by POST.
 * @throws HeliographError HG_CORE_UNREACHABLE, HG_CORE_ANSWER (facts.status, facts.error: what the core said)
 */
export function askCore<T>(url: URL, timeoutMs = 60_000, body?: object): Promise<CoreAnswer<T>> {
  return tellCore(url, body ? 'POST' : 'GET', { timeoutMs, ...(body ? { body } : {}) });
}

/**
 * As `askCore`, by any method.
 * @param more.token for what not everybody may do
 */
export async function tellCore<T>(
  url: URL,
  method: 'GET' | 'POST' | 'DELETE',
  more: { readonly timeoutMs?: number; readonly body?: object; readonly token?: string },
): Promise<CoreAnswer<T>> {
  const { timeoutMs = 60_000, body, token } = more;
  let answer: Response;
  let text: string;
  try {
    const headers = {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    const payload = body ? { body: JSON.stringify(body) } : {};
    answer = await fetch(url, { method, headers, ...payload, signal: AbortSignal.timeout(timeoutMs) });
    text = await answer.text();
  } catch (cause) {
    throw new HeliographError(
      'HG_CORE_UNREACHABLE',
      `${url.origin}: ${fetchFailure(cause)}; is it running, and is this its address?`,
      { url: url.href },
      cause,
    );
  }
  if (!answer.ok) {
    const { status } = answer;
    const { error, json } = errorOf(text);
    // Where the text is not a core's, what answers may be a proxy, or a relay.
    const what = `${url.origin} answers with ${status}, but not as a core does; is another program at this address? It says: `;
    throw new HeliographError('HG_CORE_ANSWER', `${json ? '' : what}${error}`, { status, error, url: url.href });
  }
  try {
    return { body: JSON.parse(text) as T, text, time: Date.parse(answer.headers.get('date') ?? '') };
  } catch (cause) {
    throw new HeliographError(
      'HG_CORE_ANSWER',
      `${url.origin} answers, but not as a core does; is another program at this address?`,
      { status: answer.status },
      cause,
    );
  }
}

function errorOf(text: string): { readonly error: string; readonly json: boolean } {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return { error, json: true };
  } catch {
    // Not JSON: a proxy's page, say. Its text is all there is.
  }
  return { error: text.slice(0, 200), json: false };
}
