import { readFileSync } from 'node:fs';
import type { PeerCertificate } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import { coreRefusal } from '../../lib/certificates/core-identity.ts';
import type { DenyList } from '../../lib/certificates/deny-list.ts';
import { HeliographError } from '../../lib/errors.ts';
import { hostPort } from '../../lib/host-port.ts';
import type { LetterDesk } from '../letters/desk.ts';
import type { StoredLine } from '../ports/log-store.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import type { ApiAnswer, ApiQuestion } from './api-question.ts';
import { peerDesk } from './letters.ts';
import { type Known, type PeerState, parseState } from './state.ts';

export interface PeerClientOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly deny: DenyList;
  /** How long a short answer may take; 5 s unless stated. */
  readonly timeoutMs?: number;
}

interface More {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const JSON_BODY = { 'content-type': 'application/json' };
const TIMEOUT_MS = 5_000;
/** Without an answer, but the connection is none that failed: what else is under way on it goes on. */
const SLOW: ReadonlySet<unknown> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_ABORTED']);
/** The question may have been heard. */
const HEARD: ReadonlySet<unknown> = new Set([...SLOW, 'UND_ERR_SOCKET', 'UND_ERR_DESTROYED', 'ECONNRESET', 'EPIPE']);
/** What one question breaks, another does not feel: a replay takes minutes, the state is asked every second. */
type Purpose = 'letters' | 'rest';
/** A page of twenty thousand alerts is looked through there. */
const API_MS = 15_000;
/** A question for sequences waits for the bus. */
const SEQUENCES_MS = 30_000;

/** One other process of this core, asked over mutual TLS. */
export class PeerClient {
  readonly address: string;
  /** Its dead letters. Every method rejects with HG_PEER while it is away. */
  readonly letters: LetterDesk;
  readonly #tls: PeerClientOptions['tls'];
  readonly #deny: DenyList;
  readonly #timeoutMs: number;
  readonly #agents = new Map<Purpose, Agent>();

  constructor({ address, tls, deny, timeoutMs }: PeerClientOptions) {
    this.address = hostPort(address);
    this.letters = peerDesk(this.address, (path, body, patienceMs) => this.#post(path, body, patienceMs));
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS;
    this.#tls = tls;
    this.#deny = deny;
  }

  /** @throws HeliographError HG_PEER */
  async state(known: Known): Promise<PeerState> {
    const query = new URLSearchParams({ run: known.run, hosts: String(known.hosts), gaps: String(known.gaps) });
    return parseState(await this.#json(`/peer/v1/state?${query}`, this.#timeoutMs), this.address);
  }

  /** @throws HeliographError HG_PEER */
  async sequences(): Promise<SequenceRanges[]> {
    return (await this.#json('/peer/v1/sequences', SEQUENCES_MS)) as SequenceRanges[];
  }

  /** @throws HeliographError HG_PEER */
  async putDesired(documents: readonly object[]): Promise<void> {
    const more = { method: 'PUT', body: JSON.stringify({ documents }), headers: JSON_BODY } as const;
    await (await this.#ask('/peer/v1/desired', this.#timeoutMs, more)).body.dump();
  }

  /** Gives it orders of levels. @throws HeliographError HG_PEER */
  async putLevels(rows: readonly object[]): Promise<void> {
    const more = { method: 'PUT', body: JSON.stringify({ rows }), headers: JSON_BODY } as const;
    await (await this.#ask('/peer/v1/levels', this.#timeoutMs, more)).body.dump();
  }

  /** Gives it blocks and caps. @returns all that it has then @throws HeliographError HG_PEER */
  async putOrders(rows: readonly object[]): Promise<unknown> {
    const more = { method: 'PUT', body: JSON.stringify({ rows }), headers: JSON_BODY } as const;
    return ((await this.#json('/peer/v1/orders', this.#timeoutMs, more)) as { rows?: unknown }).rows;
  }

  /** Asks its API. @returns null: it has no alerts @throws HeliographError HG_PEER */
  async askApi(question: ApiQuestion): Promise<ApiAnswer | null> {
    const more = { method: 'POST', body: JSON.stringify(question), headers: JSON_BODY } as const;
    return ((await this.#json('/peer/v1/api', API_MS, more)) as { answer: ApiAnswer | null }).answer;
  }

  /** Lines as they are stored there, until `signal` says stop or the connection breaks. @throws HeliographError HG_PEER */
  async *tail(signal: AbortSignal): AsyncGenerator<StoredLine[]> {
    const answer = await this.#ask('/peer/v1/tail', 0, { signal });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield JSON.parse(line) as StoredLine[];
    }
  }

  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  #post(path: string, body: object, timeoutMs: number): Promise<unknown> {
    const more = { method: 'POST', body: JSON.stringify(body), headers: JSON_BODY } as const;
    return this.#json(path, timeoutMs, more, 'letters');
  }

  async #json(path: string, timeoutMs: number, more: More = {}, purpose: Purpose = 'rest'): Promise<unknown> {
    const { body } = await this.#ask(path, timeoutMs, more, purpose);
    try {
      return await body.json();
    } catch (cause) {
      // It said that all is well, and what is not known is what.
      throw new HeliographError('HG_PEER', `${this.address}: ${String(cause)}`, { heard: true }, cause);
    }
  }

  async #ask(
    path: string,
    timeoutMs: number,
    more: More = {},
    purpose: Purpose = 'rest',
  ): Promise<Dispatcher.ResponseData> {
    const limits = { headersTimeout: timeoutMs === 0 ? this.#timeoutMs : timeoutMs, bodyTimeout: timeoutMs };
    let dispatcher: Agent | null = null;
    let answer: Dispatcher.ResponseData;
    try {
      dispatcher = this.#agent(purpose);
      answer = await request(`https://${this.address}${path}`, { dispatcher, ...limits, ...more });
    } catch (cause) {
      const code = (cause as { code?: unknown }).code;
      if (dispatcher && !SLOW.has(code) && !more.signal?.aborted) await this.#renew(purpose, dispatcher);
      throw new HeliographError('HG_PEER', `${this.address}: ${String(cause)}`, { heard: HEARD.has(code) }, cause);
    }
    if (answer.statusCode === 200) return answer;
    const text = (await answer.body.text()).slice(0, 300);
    // It may have failed half way.
    const facts = { heard: answer.statusCode >= 500 };
    throw new HeliographError('HG_PEER', `${this.address}: ${answer.statusCode} ${text}`, facts);
  }

  #agent(purpose: Purpose): Agent {
    const there = this.#agents.get(purpose);
    if (there) return there;
    // Read anew for each connection after one that failed: a renewed certificate is used from then on.
    const agent = new Agent({
      connect: {
        ca: readFileSync(this.#tls.ca),
        cert: readFileSync(this.#tls.cert),
        key: readFileSync(this.#tls.key),
        checkServerIdentity: (host: string, certificate: PeerCertificate) => coreRefusal(host, certificate, this.#deny),
      },
    });
    this.#agents.set(purpose, agent);
    return agent;
  }

  /** Ends one whose connection failed, unless another question of the same purpose did so already. */
  async #renew(purpose: Purpose, failed: Agent): Promise<void> {
    if (this.#agents.get(purpose) !== failed) return;
    this.#agents.delete(purpose);
    await failed.destroy();
  }
}
