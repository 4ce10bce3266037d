import { fetchFailure } from '../../lib/fetch-failure.ts';
import type { Post } from './notifier.ts';

const TIMEOUT_MS = 10_000;

/** Over HTTP. Redirects are not followed: a receiver is who was configured. */
export const postOverHttp: Post = async (url, body) => {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Error(fetchFailure(error), { cause: error });
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
};
