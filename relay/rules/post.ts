import { readFile } from 'node:fs/promises';
import { Agent, fetch } from 'undici';
import { fetchFailure } from '../../lib/fetch-failure.ts';
import type { Post } from './notifier.ts';

const TIMEOUT_MS = 10_000;

/**
 * Over HTTP. Redirects are not followed: a receiver is who was configured. Files with a secret or an authority are read each time, so that a new one
 * is used with the next request; one that cannot be read is told as the receiver's trouble.
 */
export const postOverHttp: Post = async ({ url, authorizationFile, ca }, body) => {
  const authorization = authorizationFile === undefined ? null : (await readFile(authorizationFile, 'utf8')).trim();
  const agent = ca === undefined ? null : new Agent({ connect: { ca: await readFile(ca) } });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(agent ? { dispatcher: agent } : {}),
    }).catch((error: unknown) => {
      throw new Error(fetchFailure(error), { cause: error });
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  } finally {
    await agent?.close();
  }
};
