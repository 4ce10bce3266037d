import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { HeliographError } from '../../../lib/errors.ts';
import { reasonOf } from '../gate.ts';
import type { VictoriaMetricsConfig } from './config.ts';

export interface Answer {
  readonly status: number;
  /** Seconds or a date, as it was written. */
  readonly retryAfter: string | null;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** HTTP to VictoriaMetrics: kept connections, log-in, time limits. */
export class VictoriaMetricsClient {
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  /** @throws HeliographError HG_ENGINE_LOGIN for a file that cannot be read */
  constructor(config: Pick<VictoriaMetricsConfig, 'username' | 'passwordFile' | 'ca' | 'timeout'>) {
    const { username, passwordFile, ca, timeout } = config;
    const password = passwordFile ? readSecret(passwordFile).trimEnd() : '';
    this.#headers =
      username === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    this.#timeoutMs = timeout;
    this.#agent = new Agent({ ...(ca === undefined ? {} : { connect: { ca: readSecret(ca) } }), pipelining: 1 });
  }

  /** The whole answer, whatever its status. Rejects where there is none. */
  async ask(url: string, { method = 'GET', headers = {}, body, timeoutMs, signal }: Ask = {}): Promise<Answer> {
    const limit = timeoutMs ?? this.#timeoutMs;
    const answer = await request(url, {
      dispatcher: this.#agent,
      method,
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      headersTimeout: limit,
      bodyTimeout: limit,
    });
    const retry = answer.headers['retry-after'];
    return {
      status: answer.statusCode,
      retryAfter: typeof retry === 'string' ? retry : null,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }

  /** The body as it comes. Rejects also for an answer that is not a success, with HG_ENGINE_REFUSED or another of `answerError`. */
  async *lines(engine: string, url: string, body: string): AsyncGenerator<string> {
    const answer = await request(url, {
      dispatcher: this.#agent,
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/x-www-form-urlencoded' },
      body,
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
    });
    if (answer.statusCode !== 200) throw answerError(engine, answer.statusCode, await answer.body.text());
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = parts.pop()!;
      yield* parts;
    }
    if (rest !== '') yield rest;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** An answer that is not a success, as one of our errors. */
export function answerError(engine: string, status: number, text: string): HeliographError {
  const said = `${engine}: ${status} ${text.trim().slice(0, 500)}`;
  if (status === 401 || status === 403) {
    return new HeliographError('HG_ENGINE_LOGIN', `${said}; see username and passwordFile`, { status });
  }
  if (status === 404 || status === 405) return new HeliographError('HG_ENGINE_ADDRESS', said, { status });
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new HeliographError('HG_ENGINE_REFUSED', said, { status });
  }
  return new HeliographError('HG_ENGINE_DOWN', said, { status });
}

/** A request without an answer, as one of our errors. */
export function engineError(engine: string, error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  return new HeliographError('HG_ENGINE_DOWN', `${engine}: ${reasonOf(error)}`, {}, error);
}

/** How long to wait by a Retry-After header, ms; null: it says nothing usable. RFC 9110, 10.2.3 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HeliographError('HG_ENGINE_LOGIN', `${file} cannot be read: ${String(cause)}`, { file }, cause);
  }
}
