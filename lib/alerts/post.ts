import { readFile } from 'node:fs/promises';
import { Agent, fetch } from 'undici';
import { fetchFailure } from '../fetch-failure.ts';
import type { HttpReceiver } from './http-receiver.ts';
import { NotTaken } from './not-taken.ts';

const TIMEOUT_MS = 10_000;

/** Beside the body. */
export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * Sends JSON over HTTP. Redirects are not followed: a receiver is who was configured. Files with a secret or an authority are read each time, so that
 * a new one is used with the next request; one that cannot be read is told as the receiver's trouble.
 * @throws NotTaken where it was answered with anything but 2xx, or not in time
 */
export async function postJson(
  { url, authorizationFile, ca }: HttpReceiver,
  body: string,
  { headers = {}, timeoutMs = TIMEOUT_MS }: PostOptions = {},
): Promise<void> {
  const read = (file: string) =>
    readFile(file).catch((error: unknown) => {
      throw new NotTaken(String(error), 'not_sent', error);
    });
  const authorization =
    authorizationFile === undefined ? null : headerValue((await read(authorizationFile)).toString(), authorizationFile);
  const agent = ca === undefined ? null : new Agent({ connect: { ca: await read(ca) } });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(agent ? { dispatcher: agent } : {}),
    }).catch((error: unknown) => {
      const code = (error as { cause?: { code?: string } }).cause?.code;
      throw new NotTaken(fetchFailure(error), code === 'ECONNREFUSED' ? 'not_sent' : 'unknown', error);
    });
    await response.body?.cancel();
    if (response.ok) return;
    const { status } = response;
    const refused = status >= 400 && status < 500 && status !== 408 && status !== 429;
    throw new NotTaken(`it answered ${status}`, refused ? 'refused' : 'not_sent');
  } finally {
    await agent?.close();
  }
}

/** The value of a header as a file has it; what is none is told without what it says, for it is a secret. @throws NotTaken */
function headerValue(text: string, file: string): string {
  const value = text.trim();
  if (/^[\x20-\x7e]+$/.test(value)) return value;
  throw new NotTaken(
    `${file} should have one line of printable ASCII: the value of the header authorization`,
    'not_sent',
  );
}
