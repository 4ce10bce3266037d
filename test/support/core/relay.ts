import { readFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { ingestService } from '../../../core/gateway/gateway.ts';
import type { FromCore, FromRelay, HostStateMessage } from '../../../core/gateway/messages.ts';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';
import { type BlockEntry, encodeBlock } from '../../../proto/block.ts';
import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import { hashBytes } from '../../../proto/hash.ts';
import { until } from '../until.ts';
import type { TestDefinition } from './host.ts';

export type BlockAnswer =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly retryAfterMs: number };

/** A relay made by hand: real gRPC over real mutual TLS, and every answer of the core kept. */
export class TestRelay {
  readonly name: string;
  readonly received: FromCore[] = [];
  readonly answers = new Map<number, BlockAnswer>();
  ended: { code: number; details: string } | null = null;
  #stream: ClientDuplexStream<FromRelay, FromCore>;
  readonly #client: { close(): void };
  #nextId = 1;

  constructor(port: number, name: string, files: CertificateFiles) {
    this.name = name;
    const Service = ingestService();
    const client = new Service(
      `127.0.0.1:${port}`,
      credentials.createSsl(readFileSync(files.ca), readFileSync(files.key), readFileSync(files.cert)),
      { 'grpc.max_send_message_length': 128 << 20 },
    );
    this.#client = client;
    this.#stream = (client as unknown as { Stream(): ClientDuplexStream<FromRelay, FromCore> }).Stream();
    this.#stream.on('data', (message: FromCore & { message?: string }) => this.#take(message));
    this.#stream.on('error', (error: Error & { code: number; details: string }) => {
      this.ended = { code: error.code, details: error.details };
    });
    this.#stream.on('end', () => {
      this.ended ??= { code: 0, details: '' };
    });
  }

  /**
   * Says hello and waits for the welcome.
   * @param part which process of the relay it is, and of how many
   * @param grantsSince 0: as a relay that does not check whom its hosts speak for
   */
  async hello(site = 'north', relay = this.name, part = { worker: 0, workers: 1 }, grantsSince = 1): Promise<this> {
    this.send({ hello: { version: 1, relay, site, boot: 'b1', software: 'test', grantsSince, ...part } });
    await until('a welcome or an end', () => this.received.some((message) => message.welcome) || this.ended);
    return this;
  }

  send(message: FromRelay): void {
    this.#stream.write(message);
  }

  define(host: string, ...definitions: TestDefinition[]): void {
    for (const { hash, content } of definitions) this.send({ definition: { hash: hashBytes(hash), content, host } });
  }

  /** Sends a block and gives its id. */
  block(dataClass: DataClass, entries: readonly BlockEntry[], lane: 0 | 1 = 0): number {
    return this.payload(dataClass, encodeBlock(dataClass, this.name, entries, zstdCompressSync), lane, entries.length);
  }

  payload(dataClass: DataClass, payload: Uint8Array, lane: 0 | 1 = 0, frames = 1): number {
    const id = this.#nextId++;
    this.send({ block: { id, class: DATA_CLASSES.indexOf(dataClass), lane, frames, items: 0, payload } });
    return id;
  }

  /** What the core said to a block. */
  answer(id: number, withinMs = 20_000): Promise<BlockAnswer> {
    return until(`an answer to block ${id} of ${this.name}`, () => this.answers.get(id), { withinMs, everyMs: 5 });
  }

  async deliver(dataClass: DataClass, entries: readonly BlockEntry[], lane: 0 | 1 = 0): Promise<BlockAnswer> {
    return this.answer(this.block(dataClass, entries, lane));
  }

  fleet(hosts: readonly (Partial<HostStateMessage> & { host: string })[], whole = false): void {
    const full = hosts.map((host) => ({
      connected: true,
      since: Date.now(),
      reason: '',
      status: new Uint8Array(),
      clockSkewMs: 0,
      connection: 1,
      ...host,
    }));
    this.send({ fleet: { whole, hosts: full } });
  }

  close(): void {
    this.#stream.end();
    this.#stream.cancel();
    this.#client.close();
  }

  #take(message: FromCore): void {
    this.received.push(message);
    for (const id of message.acknowledged?.ids ?? []) this.answers.set(id, { kind: 'acknowledged' });
    if (message.refused) {
      const { id, code, message: text, retryAfterMs } = message.refused;
      this.answers.set(id, { kind: 'refused', code, message: text, retryAfterMs });
    }
  }
}
