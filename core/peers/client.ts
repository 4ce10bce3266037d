import { readFileSync } from 'node:fs';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import type { DenyList } from '../../lib/certificates/deny-list.ts';
import { normalSerial } from '../../lib/certificates/revocation.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { LetterDesk } from '../letters/desk.ts';
import type { StoredLine } from '../ports/log-store.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import { peerDesk } from './letters.ts';
import { type Known, type PeerState, parseState } from './state.ts';

export interface PeerClientOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly deny: DenyList;
}

interface More {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const JSON_BODY = { 'content-type': 'application/json' };
const TIMEOUT_MS = 5_000;
/** A question for sequences waits for the bus. */
const SEQUENCES_MS = 30_000;

/** One other process of this core, asked over mutual TLS. */
export class PeerClient {
  readonly address: string;
  /** Its dead letters. Every method rejects with HG_PEER while it is away. */
  readonly letters: LetterDesk;
  readonly #tls: PeerClientOptions['tls'];
  readonly #deny: DenyList;
  #agent: Agent | null = null;

  constructor({ address, tls, deny }: PeerClientOptions) {
    this.address = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    this.letters = peerDesk(this.address, (path, body, patienceMs) => this.#post(path, body, patienceMs));
    this.#tls = tls;
    this.#deny = deny;
  }

  /** @throws HeliographError HG_PEER */
  async state(known: Known): Promise<PeerState> {
    const query = new URLSearchParams({ run: known.run, hosts: String(known.hosts), gaps: String(known.gaps) });
    return parseState(await this.#json(`/peer/v1/state?${query}`, TIMEOUT_MS), this.address);
  }

  /** @throws HeliographError HG_PEER */
  async sequences(): Promise<SequenceRanges[]> {
    return (await this.#json('/peer/v1/sequences', SEQUENCES_MS)) as SequenceRanges[];
  }

  /** @throws HeliographError HG_PEER */
  async putDesired(documents: readonly object[]): Promise<void> {
    const body = JSON.stringify({ documents });
    await (await this.#ask('/peer/v1/desired', TIMEOUT_MS, { method: 'PUT', body, headers: JSON_BODY })).body.dump();
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

  /** Any certificate of the authority would do for TLS; only one of role core that is not revoked does here. */
  #refusal(host: string, certificate: PeerCertificate): Error | undefined {
    const { OU: role } = certificate.subject as { OU?: unknown };
    if (role !== 'core') return new Error(`it has a certificate of role ${String(role)}, not core`);
    if (this.#deny.serials().has(normalSerial(certificate.serialNumber)))
      return new Error('its certificate was revoked');
    return checkServerIdentity(host, certificate);
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = null;
  }

  #post(path: string, body: object, timeoutMs: number): Promise<unknown> {
    return this.#json(path, timeoutMs, { method: 'POST', body: JSON.stringify(body), headers: JSON_BODY });
  }

  async #json(path: string, timeoutMs: number, more: More = {}): Promise<unknown> {
    const { body } = await this.#ask(path, timeoutMs, more);
    try {
      return await body.json();
    } catch (cause) {
      throw new HeliographError('HG_PEER', `${this.address}: ${String(cause)}`, {}, cause);
    }
  }

  async #ask(path: string, timeoutMs: number, more: More = {}): Promise<Dispatcher.ResponseData> {
    let answer: Dispatcher.ResponseData;
    try {
      // Read anew for each connection after one that failed: a renewed certificate is used from then on.
      this.#agent ??= new Agent({
        connect: {
          ca: readFileSync(this.#tls.ca),
          cert: readFileSync(this.#tls.cert),
          key: readFileSync(this.#tls.key),
          checkServerIdentity: (host: string, certificate: PeerCertificate) => this.#refusal(host, certificate),
        },
        bodyTimeout: timeoutMs,
        headersTimeout: timeoutMs === 0 ? TIMEOUT_MS : timeoutMs,
      });
      const limits = { headersTimeout: timeoutMs === 0 ? TIMEOUT_MS : timeoutMs, bodyTimeout: timeoutMs };
      answer = await request(`https://${this.address}${path}`, { dispatcher: this.#agent, ...limits, ...more });
    } catch (cause) {
      await this.close();
      throw new HeliographError('HG_PEER', `${this.address}: ${String(cause)}`, {}, cause);
    }
    if (answer.statusCode === 200) return answer;
    const text = (await answer.body.text()).slice(0, 300);
    throw new HeliographError('HG_PEER', `${this.address}: ${answer.statusCode} ${text}`);
  }
}
