import { readFileSync } from 'node:fs';
import { Client, errors } from '@opensearch-project/opensearch';
import { HeliographError } from '../../../lib/errors.ts';
import { reasonOf } from '../gate.ts';
import { BulkAnswers } from './bulk-answers.ts';
import type { OpenSearchConfig } from './config.ts';

/**
 * A client of all addresses. It does not try again by itself: who waits and for how long is decided in one place, bulk.ts.
 * @throws HeliographError HG_ENGINE_LOGIN for a file that cannot be read
 */
export function openSearchClient(config: OpenSearchConfig): Client {
  const { addresses, username, passwordFile, ca, timeout } = config;
  const auth =
    username === undefined ? {} : { auth: { username, password: passwordFile ? secret(passwordFile).trimEnd() : '' } };
  return new Client({
    nodes: [...addresses],
    ...auth,
    ...(ca === undefined ? {} : { ssl: { ca: secret(ca) } }),
    Serializer: BulkAnswers,
    maxRetries: 0,
    requestTimeout: timeout,
    // A node that was away is asked again at once: the gate decides whether it is good.
    resurrectStrategy: 'none',
  });
}

function secret(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HeliographError('HG_ENGINE_LOGIN', `${file} cannot be read: ${String(cause)}`, { file }, cause);
  }
}

/** The status of an answer that is an error; null where there was no answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof errors.ResponseError ? (error.statusCode ?? null) : null;
}

/** The engine's own word for an error, such as cluster_block_exception. */
export function kindOf(error: unknown): string {
  if (!(error instanceof errors.ResponseError)) return '';
  const body = error.body as { error?: { type?: unknown } | string } | null | undefined;
  return typeof body?.error === 'object' ? String(body.error.type) : '';
}

/** What a request ran into, as one of ours. */
export function engineError(engine: string, error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  const status = statusOf(error);
  const said = `${engine}: ${status === null ? reasonOf(error) : `${status} ${wordsOf(error)}`}`;
  if (status === 401 || (status === 403 && kindOf(error) !== 'cluster_block_exception')) {
    return new HeliographError('HG_ENGINE_LOGIN', `${said}; see username and passwordFile`, { status }, error);
  }
  if (status !== null && status >= 400 && status < 500 && status !== 403 && status !== 429 && status !== 408) {
    return new HeliographError('HG_ENGINE_REFUSED', said, { status }, error);
  }
  return new HeliographError('HG_ENGINE_DOWN', said, { status }, error);
}

function wordsOf(error: unknown): string {
  const body = (error as { body?: { error?: { reason?: unknown; type?: unknown } } }).body;
  const reason = body?.error?.reason ?? body?.error?.type;
  return (reason === undefined ? String(error) : String(reason)).slice(0, 500);
}
