import { readFileSync } from 'node:fs';
import type { PeerCertificate } from 'node:tls';
import { checkServerIdentity } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  type Client,
  type ClientDuplexStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { hostPort } from '../lib/host-port.ts';
import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import type { RelayConfig } from './config.ts';
import type { FromCore, FromRelay } from './stream-messages.ts';

const PROTO = fileURLToPath(new URL('../proto/ingest.proto', import.meta.url));
/** How long a core may take to answer hello. */
const WELCOME_MS = 10_000;
const LEAST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 15_000;

type Stream = ClientDuplexStream<FromRelay, FromCore>;
type IngestClient = Client & { stream(): Stream };

export interface UplinkOptions {
  readonly cores: RelayConfig['cores'];
  readonly tls: RelayConfig['tls'];
  readonly hello: () => Extract<FromRelay, { hello: unknown }>;
  readonly log: Logger;
  readonly metrics: Registry;
  /** In [0, 1). */
  readonly random: () => number;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Where the stream stands. */
export interface UplinkState {
  readonly open: boolean;
  /** The core's name; before one has welcomed us, null. */
  readonly core: string | null;
  /** When it was opened, or since when there is none, ms since the epoch. */
  readonly since: number;
  /** Why the last try ended; null while it is open, and before the first try ended. */
  readonly trouble: string | null;
  /** The newest layout of sketches that the core merges, as it said; 0: an older core, which may not. */
  readonly sketches: number;
}

export interface UplinkEvents {
  onOpen(core: string, coreTime: number): void;
  onMessage(message: FromCore): void;
  onClose(reason: string): void;
}

/**
 * The stream to a core: one of a list, the next when one fails, with a full-jitter pause that grows. Certificates are read
 * anew for each attempt, so a renewed one is used from the next stream on.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #events: UplinkEvents;
  readonly #service: ServiceClientConstructor;
  #client: IngestClient | null = null;
  #stream: Stream | null = null;
  #timer: NodeJS.Timeout | null = null;
  #open = false;
  #closed = false;
  #finishing = false;
  #attempt = 0;
  #core = '';
  #sketches = 0;
  #since: number;
  #trouble: string | null = null;

  constructor(options: UplinkOptions, events: UplinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#since = options.now();
    const loaded = loadSync(PROTO, { longs: Number, enums: String, defaults: true, oneofs: true });
    const root = loadPackageDefinition(loaded) as unknown as {
      heliograph: { ingest: { v1: { Ingest: ServiceClientConstructor } } };
    };
    this.#service = root.heliograph.ingest.v1.Ingest;
    options.metrics
      .gauge('heliograph_relay_core_connected', '1 while the stream to a core is open.')
      .collect(() => [[{}, this.#open ? 1 : 0]]);
  }

  /** Whether a core has welcomed us and the stream is open. */
  get open(): boolean {
    return this.#open;
  }

  get state(): UplinkState {
    return {
      open: this.#open,
      core: this.#core || null,
      since: this.#since,
      trouble: this.#trouble,
      sketches: this.#sketches,
    };
  }

  start(): void {
    if (!this.#closed) this.#connect();
  }

  /** Sends a message; `done` when it is handed to the transport (flow control included). False: there is no stream. */
  send(message: FromRelay, done?: () => void): boolean {
    const stream = this.#stream;
    if (!this.#open || !stream) return false;
    stream.write(message, () => done?.());
    return true;
  }

  /**
   * Ends the stream in good order: nothing more is sent, and the core ends it too when it has read all that was.
   * @returns false: it did not say so in time, or there is no stream; the next stream is opened then
   */
  async finish(withinMs: number): Promise<boolean> {
    const stream = this.#stream;
    if (!this.#open || !stream) return false;
    this.#finishing = true;
    this.#open = false;
    this.#events.onClose('nothing more is to be sent');
    const read = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      stream.once('status', ({ code }: { code: number }) => {
        clearTimeout(timer);
        resolve(code === status.OK);
      });
    });
    stream.end();
    const all = await read;
    this.#finishing = all;
    if (!all) {
      this.#end('the core did not end the stream');
      this.#again();
    }
    return all;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#stream?.end();
    this.#end('closed');
  }

  #connect(): void {
    const { cores, log } = this.#options;
    const at = cores[this.#attempt % cores.length]!;
    const address = hostPort(at);
    let stream: Stream;
    try {
      this.#client = new this.#service(address, this.#credentials(), {
        'grpc.max_receive_message_length': 32 * 1024 * 1024,
        'grpc.max_send_message_length': 32 * 1024 * 1024,
        'grpc.keepalive_time_ms': 10_000,
        'grpc.keepalive_timeout_ms': 5000,
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_retries': 0,
        // What it keeps to try again it calls sent at once: up to 1 MiB of it would queue where no alert can pass.
        'grpc.per_rpc_retry_buffer_size': 0,
        'grpc.service_config_disable_resolution': 1,
      }) as unknown as IngestClient;
      stream = this.#client.stream();
    } catch (error) {
      log.error('stream to the core cannot be opened', { core: address, error: String(error) });
      this.#end(String(error));
      this.#again();
      return;
    }
    this.#stream = stream;
    const over = (reason: string) => {
      if (this.#stream !== stream) return;
      if (!this.#finishing) log.warn('stream to the core ended', { core: address, reason });
      this.#end(reason);
      this.#again();
    };
    const welcome = setTimeout(() => {
      stream.cancel();
      over('no welcome');
    }, WELCOME_MS);
    this.#timer = welcome;
    stream.on('data', (message: FromCore) => {
      if (this.#stream !== stream) return;
      if (message.welcome && !this.#open) {
        clearTimeout(welcome);
        this.#open = true;
        this.#attempt = 0;
        this.#since = this.#options.now();
        this.#trouble = null;
        this.#core = message.welcome.core || address;
        this.#sketches = message.welcome.sketches;
        log.info('stream to the core is open', { core: this.#core, address });
        this.#events.onOpen(this.#core, message.welcome.time);
      } else this.#events.onMessage(message);
    });
    stream.on('error', (error: Error) => over(error.message));
    stream.on('end', () => over('the core ended the stream'));
    stream.write(this.#options.hello());
  }

  #end(reason: string): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const wasOpen = this.#open;
    this.#open = false;
    if (wasOpen) this.#since = this.#options.now();
    this.#trouble = reason;
    const stream = this.#stream;
    this.#stream = null;
    // The answer to a cancelled call is an error event that nobody waits for.
    stream?.on('error', () => undefined);
    stream?.cancel();
    this.#client?.close();
    this.#client = null;
    if (wasOpen) this.#events.onClose(reason);
  }

  #again(): void {
    if (this.#closed || this.#finishing) return;
    this.#attempt++;
    const round = Math.floor(this.#attempt / this.#options.cores.length);
    const most = Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS * 2 ** Math.min(round, 10));
    this.#timer = setTimeout(() => this.#connect(), most * this.#options.random());
  }

  #credentials() {
    const { ca, cert, key } = this.#options.tls;
    return credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert), {
      checkServerIdentity: (host: string, certificate: PeerCertificate) => {
        const role = (certificate.subject as { OU?: unknown } | undefined)?.OU;
        if (role !== undefined && role !== 'core') return new Error(`the certificate is one for a ${String(role)}`);
        return checkServerIdentity(host, certificate);
      },
    });
  }
}
