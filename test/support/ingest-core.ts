import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Ledger } from '../../lib/ledger.ts';
import { type BlockEntry, decodeBlock } from '../../proto/block.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { decodeHeader } from '../../proto/frame.ts';
import { SKETCH_LAYOUT } from '../../proto/sketches.ts';
import type { FromCore, FromRelay, HostState } from '../../relay/stream-messages.ts';

/** A frame as it came to the test core. */
export interface Received extends BlockEntry {
  readonly block: number;
  readonly class: DataClass;
  readonly lane: number;
  readonly boot: string;
  readonly sequence: number;
  readonly at: number;
}

type RelayMessage = Partial<Record<'hello' | 'block' | 'definition' | 'fleet' | 'ledger', unknown>>;
type Stream = ServerDuplexStream<FromRelay, FromCore>;

/** What the core does with a block: acknowledge, say nothing, or refuse. */
export type Answer = 'acknowledge' | 'silence' | { code: string; retryAfterMs: number };

/** A real gRPC core with a real TLS port, for tests of the relay: it keeps what comes and answers as the test says. */
export class IngestCore {
  readonly frames: Received[] = [];
  readonly definitions = new Map<string, Buffer>();
  readonly hosts = new Map<string, HostState>();
  /** The last account of each worker. */
  readonly ledgers = new Map<number, Ledger>();
  wholeReports = 0;
  hellos: { relay: string; site: string; boot: string; worker: number; workers: number }[] = [];
  /** What was said of hosts, in the order it came, and by which worker. */
  readonly reports: { readonly worker: number; readonly host: HostState }[] = [];
  /** What it says that it merges; 0: as an older core, which says nothing. */
  sketches = SKETCH_LAYOUT;
  answer: (dataClass: DataClass, frames: readonly Received[]) => Answer = () => 'acknowledge';
  /** Blocks that named a definition the stream had not brought before. */
  undefinedFrames = 0;
  readonly #server: Server;
  readonly #streams = new Set<Stream>();
  #port = 0;

  constructor() {
    this.#server = new Server({ 'grpc.max_receive_message_length': 32 << 20 });
  }

  get port(): number {
    return this.#port;
  }

  async listen(tls: { ca: string; cert: string; key: string }, port = 0): Promise<void> {
    const path = fileURLToPath(new URL('../../proto/ingest.proto', import.meta.url));
    const loaded = loadSync(path, { longs: Number, enums: String, defaults: true, oneofs: true });
    const root = loadPackageDefinition(loaded) as unknown as {
      heliograph: { ingest: { v1: { Ingest: { service: ServiceDefinition } } } };
    };
    this.#server.addService(root.heliograph.ingest.v1.Ingest.service, {
      stream: (stream: Stream) => this.#serve(stream),
    });
    const pair = { cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) };
    const credentials = ServerCredentials.createSsl(readFileSync(tls.ca), [pair], true);
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  }

  /** To all relays. */
  send(message: FromCore): void {
    for (const stream of this.#streams) stream.write(message);
  }

  /** Sequences by host/class, in the order they came, repeats included. */
  sequences(host: string, dataClass: DataClass): number[] {
    return this.frames
      .filter((frame) => frame.host === host && frame.class === dataClass)
      .map((frame) => frame.sequence);
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#server.forceShutdown();
  }

  #serve(stream: Stream): void {
    this.#streams.add(stream);
    const known = new Set<string>();
    let worker = 0;
    stream.on('error', () => this.#streams.delete(stream));
    stream.on('end', () => {
      this.#streams.delete(stream);
      stream.end();
    });
    stream.on('data', (message: RelayMessage) => {
      if (message.hello) {
        const hello = message.hello as IngestCore['hellos'][number];
        worker = hello.worker;
        this.hellos.push(hello);
        const { sketches } = this;
        stream.write({ welcome: { version: 1, core: 'test-core', time: Date.now(), sketches } });
      } else if (message.definition) {
        const { hash, content } = message.definition as { hash: Buffer; content: Buffer };
        const name = createHash('sha256').update(content).digest().subarray(0, 16).toString('hex');
        if (name !== hash.toString('hex')) throw new Error('a definition under a wrong name');
        known.add(name);
        this.definitions.set(name, content);
      } else if (message.fleet) {
        const report = message.fleet as { whole: boolean; hosts: HostState[] };
        if (report.whole) {
          this.wholeReports++;
          this.hosts.clear();
        }
        for (const host of report.hosts) {
          this.hosts.set(host.host, host);
          this.reports.push({ worker, host });
        }
      } else if (message.ledger) {
        const { ledger } = message.ledger as { ledger: Buffer };
        this.ledgers.set(worker, JSON.parse(ledger.toString()) as Ledger);
      } else if (message.block)
        this.#block(stream, message.block as { id: number; lane: number; payload: Buffer }, known);
    });
  }

  #block(stream: Stream, message: { id: number; lane: number; payload: Buffer }, known: ReadonlySet<string>): void {
    const block = decodeBlock(message.payload, (bytes, max) => zstdDecompressSync(bytes, { maxOutputLength: max }));
    if (!DATA_CLASSES.includes(block.class)) throw new Error('a class that is none');
    const frames = block.entries.map((entry): Received => {
      const header = decodeHeader(entry.frame);
      if (header.definitions.some((hash) => !known.has(hash))) this.undefinedFrames++;
      const { boot, sequence } = header;
      return { ...entry, block: message.id, class: block.class, lane: message.lane, boot, sequence, at: Date.now() };
    });
    const answer = this.answer(block.class, frames);
    if (typeof answer === 'object') {
      stream.write({ refused: { id: message.id, message: 'the test says so', ...answer } });
      return;
    }
    this.frames.push(...frames);
    if (answer === 'acknowledge') stream.write({ acknowledged: { ids: [message.id] } });
  }
}
