import { type Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HeliographError } from '../../../lib/errors.ts';
import { ACCEPT } from '../../../lib/ingest/exposition/read.ts';
import type { TargetAddress } from './address.ts';

export interface PageRequest {
  readonly address: TargetAddress;
  readonly path: string;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; servername?: string };
  readonly timeoutMs: number;
  /** Bytes, unpacked. */
  readonly bodyLimit: number;
}

export interface FetchedPage {
  readonly text: string;
  readonly type: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** One page. @throws HG_SCRAPE_UNREACHABLE, HG_SCRAPE_TIMEOUT, HG_SCRAPE_ANSWER, HG_SCRAPE_BODY, HG_SCRAPE_SYNTAX (no UTF-8) */
export async function fetchPage(asked: PageRequest): Promise<FetchedPage> {
  const { address, timeoutMs } = asked;
  // No listener of its own for each answer: this ends connecting, answering and reading alike.
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await answerOf(asked, signal);
    const { statusCode, headers } = answer;
    if (statusCode !== 200) {
      answer.destroy();
      throw new HeliographError('HG_SCRAPE_ANSWER', `${address.name}: ${statusCode}`, { status: statusCode });
    }
    const bytes = await bytesOf(answer, asked.bodyLimit);
    return { text: textOf(bytes), type: headers['content-type'] ?? '' };
  } catch (error) {
    if (error instanceof HeliographError) throw error;
    if (signal.aborted) {
      throw new HeliographError('HG_SCRAPE_TIMEOUT', `${address.name}: ${timeoutMs} ms`, { timeoutMs });
    }
    throw new HeliographError('HG_SCRAPE_UNREACHABLE', `${address.name}: ${(error as Error).message}`, {}, error);
  }
}

function answerOf(
  { address, path, agent, headers, tls, timeoutMs }: PageRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { protocol, host, port, socket } = address;
  const options: RequestOptions = {
    ...(socket === null ? { host, port } : { socketPath: socket }),
    ...{ path, agent, signal, method: 'GET', ...tls },
    headers: {
      accept: ACCEPT,
      'accept-encoding': 'gzip',
      'user-agent': 'heliograph-collector',
      'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1000),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const asked = (protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve);
    asked.on('error', reject);
    asked.end();
  });
}

async function bytesOf(answer: IncomingMessage, most: number): Promise<Buffer> {
  const isPacked = (answer.headers['content-encoding'] ?? '').trim().toLowerCase() === 'gzip';
  const body: Readable = isPacked ? answer.pipe(createGunzip()) : answer;
  if (isPacked) answer.on('error', (error) => body.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new HeliographError('HG_SCRAPE_BODY', `more than ${most} bytes`, { most });
      chunks.push(chunk);
    }
  } catch (error) {
    answer.destroy();
    throw error;
  }
  if (!answer.complete) throw new Error('the answer broke off');
  return Buffer.concat(chunks, size);
}

function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new HeliographError('HG_SCRAPE_SYNTAX', 'the page is not UTF-8', {}, cause);
  }
}
