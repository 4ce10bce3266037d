import { readFileSync } from 'node:fs';
import type { PeerCertificate } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { Agent, type Dispatcher, request } from 'undici';
import { coreRefusal } from '../certificates/core-identity.ts';
import type { DenyList } from '../certificates/deny-list.ts';
import type { CertificatePaths } from '../certificates/server-certificate.ts';
import { hostPort } from '../host-port.ts';

export interface WatchClientOptions {
  readonly address: { readonly host: string; readonly port: number };
  readonly tls: CertificatePaths;
  readonly deny: DenyList;
  /** How long each answer may take, ms. */
  readonly timeoutMs: number;
}

/** Of an answer that is not the expected one. */
const TOLD = 200;

/** A watch, over mutual TLS with the certificate that this process has anyway. Its methods reject with an error that says why in words. */
export class WatchClient {
  readonly address: string;
  readonly #options: WatchClientOptions;
  #agent: Agent | null = null;

  constructor(options: WatchClientOptions) {
    this.address = hostPort(options.address);
    this.#options = options;
  }

  /** Resolves when the watch has it durably. @param body JSON for /v1/ingest */
  async tell(body: string): Promise<void> {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const { statusCode, text } = await this.#ask('/v1/ingest', { method: 'POST', headers, body: gzipSync(body) });
    if (statusCode !== 200) throw new Error(`it answered ${statusCode}: ${text.slice(0, TOLD)}`);
  }

  /** Null: it is well; else what it says is not. */
  async trouble(): Promise<string | null> {
    const { statusCode, text } = await this.#ask('/healthz', { method: 'GET' });
    if (statusCode === 200) return null;
    if (statusCode !== 503) throw new Error(`it answered ${statusCode}: ${text.slice(0, TOLD)}`);
    const { parts } = JSON.parse(text) as { parts: readonly { part: string; well: boolean; why: string }[] };
    const ill = parts.filter(({ well }) => !well).map(({ part, why }) => `${part} ${why}`);
    return `it is not well: ${ill.join('; ')}`;
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = null;
  }

  async #ask(
    path: string,
    more: Pick<Dispatcher.RequestOptions, 'method' | 'body' | 'headers'>,
  ): Promise<{ statusCode: number; text: string }> {
    const { timeoutMs } = this.#options;
    try {
      this.#agent ??= this.#connect();
      const { statusCode, body } = await request(`https://${this.address}${path}`, {
        ...more,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { statusCode, text: await body.text() };
    } catch (error) {
      // The next connection reads the files anew: a renewed certificate is used from then on.
      await this.close();
      throw error;
    }
  }

  #connect(): Agent {
    const { tls, deny } = this.#options;
    return new Agent({
      connections: 1,
      connect: {
        ca: readFileSync(tls.ca),
        cert: readFileSync(tls.cert),
        key: readFileSync(tls.key),
        checkServerIdentity: (host: string, certificate: PeerCertificate) => coreRefusal(host, certificate, deny),
      },
    });
  }
}
