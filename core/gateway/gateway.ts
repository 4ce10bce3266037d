import { fileURLToPath } from 'node:url';
import {
  experimental,
  type GrpcObject,
  status as GrpcStatus,
  loadPackageDefinition,
  Server,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { DenyList } from '../../lib/certificates/deny-list.ts';
import { ServerCertificate } from '../../lib/certificates/server-certificate.ts';
import { HeliographError } from '../../lib/errors.ts';
import { hostPort } from '../../lib/host-port.ts';
import type { Registry } from '../../lib/metrics.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import type { CoreConfig } from '../config.ts';
import type { DeadLetter, DeadLetters } from '../ledger/dead-letters.ts';
import { BlockWork, type BlockWorkParts } from './block-work.ts';
import { relayOf } from './identity.ts';
import { Lanes } from './lanes.ts';
import type { GatewayPressure } from './pressure.ts';
import { type RelayCall, RelayStream, type RelayStreamParts } from './relay-stream.ts';

const PROTO = fileURLToPath(new URL('../../proto/ingest.proto', import.meta.url));

/** The Ingest service of proto/ingest.proto, for servers and clients. */
export function ingestService(): ServiceClientConstructor {
  const definition = loadSync(PROTO, { keepCase: false, longs: Number, defaults: true, oneofs: true, arrays: true });
  const root = loadPackageDefinition(definition) as { heliograph: { ingest: { v1: GrpcObject } } };
  return root.heliograph.ingest.v1.Ingest as ServiceClientConstructor;
}

/** A whole fleet report of 10,000 hosts with their status is the largest message. */
const MESSAGE_BYTES = 128 << 20;
/** How long a close waits for what is being written. */
const CLOSE_MS = 3000;
/** Definitions saved at once: some ms. Those that are many come of a fleet that is seen for the first time. */
const DEFINITIONS_AT_ONCE = 500;
/** How often the deny list and the certificate are looked at. */
const LOOK_EVERY_MS = 2000;

export interface GatewayOptions extends Omit<BlockWorkParts, 'refused' | 'setAside'> {
  readonly deadLetters: DeadLetters;
  readonly config: Pick<CoreConfig, 'name' | 'tls' | 'limits'>;
  readonly listen: { readonly host: string; readonly port: number };
  readonly registry: Registry;
  readonly pressure: GatewayPressure;
  readonly log: RelayStreamParts['log'];
  readonly reports: RelayStreamParts['reports'];
  readonly orders: RelayStreamParts['orders'];
  readonly onStore: RelayStreamParts['onStore'];
}

/** Where relays connect. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #lanes: Lanes;
  readonly #streams = new Set<RelayStream>();
  readonly #timers: NodeJS.Timeout[];
  port = 0;

  private constructor(options: GatewayOptions, certificate: ServerCertificate) {
    this.#options = options;
    const { registry, config, pressure } = options;
    const refused = registry.counter(
      'heliograph_core_refused_total',
      'Frames, blocks, streams and samples that were not taken, by code or reason',
    );
    const received = registry.counter('heliograph_core_received_bytes_total', 'Bytes of blocks as they came, by class');
    registry
      .gauge('heliograph_core_waiting_bytes', 'Bytes of blocks that wait for a store, by class')
      .collect(() => DATA_CLASSES.map((name) => [{ class: name }, this.#lanes.bytes(name)] as const));
    const { definitions } = options;
    registry
      .gauge('heliograph_core_definition_bytes', 'Bytes of definitions in memory, and on disk; label `place`')
      .collect(() => {
        const { memoryBytes, diskBytes } = definitions.figures();
        return [
          [{ place: 'memory' }, memoryBytes],
          [{ place: 'disk' }, diskBytes],
        ];
      });
    registry
      .gauge(
        'heliograph_core_definition_loads',
        'How often a definition was read from disk since the start; where it grows by thousands, limits.definitionMemory is too small',
      )
      .collect(() => [[{}, definitions.figures().loaded]]);
    registry.gauge('heliograph_core_relays', 'Relays connected').collect(() => {
      const greeted = [...this.#streams].filter(({ greeted }) => greeted);
      return [[{}, new Set(greeted.map(({ relay }) => relay)).size] as const];
    });
    this.#lanes = new Lanes((dataClass, bytes) => pressure.wait(dataClass, bytes));
    pressure.onChange((dataClass, level) => {
      for (const stream of this.#streams) stream.sendPressure(dataClass, level);
    });
    const setAside = async (letters: readonly DeadLetter[]) => {
      await options.deadLetters.put(letters, options.account);
      for (const letter of letters) {
        options.account.take(letter.class, letter.items);
        refused.inc({ code: letter.code });
      }
    };
    const work = new BlockWork({ ...options, refused, setAside });
    const deny = new DenyList(config.tls.revoked, (error) =>
      options.log.error('the deny list cannot be read; the one before stays', { 'error.message': error }),
    );
    const parts: RelayStreamParts = {
      ...options,
      core: config.name,
      lanes: this.#lanes,
      work,
      refused,
      received,
      stopBytes: config.limits.stopBytes,
      definitionWaitMs: config.limits.definitionWait,
      pressure,
      // Each process of a relay has one stream; an older one that was not noticed to be dead gives way.
      onHello: (stream) => {
        for (const other of this.#streams) {
          if (other !== stream && other.greeted && other.key === stream.key) other.end();
        }
      },
    };
    this.#server = new Server({
      'grpc.max_receive_message_length': MESSAGE_BYTES,
      'grpc.max_send_message_length': MESSAGE_BYTES,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    this.#server.addService(ingestService().service, {
      Stream: (call: RelayCall) => this.#accept(call, deny, parts),
    });
    this.#timers = [
      setInterval(() => {
        this.#dropRevoked(deny);
        this.#renew(certificate);
      }, LOOK_EVERY_MS),
      setInterval(() => options.definitions.save(DEFINITIONS_AT_ONCE), 250),
    ];
  }

  /** @throws HeliographError HG_CERT_FILE, HG_PORT_TAKEN */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { listen } = options;
    const { tls } = options.config;
    const certificate = new ServerCertificate(tls);
    const credentials = experimental.createCertificateProviderServerCredentials(certificate, certificate, true);
    const gateway = new Gateway(options, certificate);
    const address = hostPort(listen);
    try {
      gateway.port = await new Promise<number>((resolve, reject) =>
        gateway.#server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port))),
      );
    } catch (cause) {
      await gateway.close();
      throw new HeliographError(
        'HG_PORT_TAKEN',
        `${address} for relays: ${(cause as Error).message}`,
        { address },
        cause,
      );
    }
    return gateway;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#lanes.clear();
    // What is being written is written to the end, and acknowledged; a store that stands still is not waited for, since
    // the relay has it all.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#lanes.idle(), patience]);
    clearTimeout(timer);
    await new Promise((resolve) => setImmediate(resolve));
    for (const stream of [...this.#streams]) stream.end();
    this.#server.forceShutdown();
  }

  #accept(call: RelayCall, deny: DenyList, parts: RelayStreamParts): void {
    try {
      const peer = relayOf(call.getAuthContext().sslPeerCertificate, deny.serials());
      const stream = new RelayStream(call, peer, parts);
      this.#streams.add(stream);
      call.on('close', () => this.#streams.delete(stream));
      call.on('cancelled', () => this.#streams.delete(stream));
      call.on('end', () => this.#streams.delete(stream));
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      parts.refused.inc({ code: error.code });
      parts.log.warn('a stream was refused', { peer: call.getPeer(), 'error.message': error.message });
      call.emit('error', { code: GrpcStatus.PERMISSION_DENIED, details: error.message });
    }
  }

  #dropRevoked(deny: DenyList): void {
    const serials = deny.serials();
    for (const stream of this.#streams) {
      if (!serials.has(stream.peer.serial)) continue;
      stream.refuse(new HeliographError('HG_CORE_REVOKED', `${stream.relay}, serial ${stream.peer.serial}`));
      this.#streams.delete(stream);
    }
  }

  #renew(certificate: ServerCertificate): void {
    const { log } = this.#options;
    try {
      if (!certificate.refresh()) return;
      log.info('the certificate was renewed', { 'not.after': new Date(certificate.notAfter).toISOString() });
    } catch (error) {
      // Half a renewal, or a broken one: the old certificate serves on, and the next look tells more.
      log.warn('the certificate files changed and cannot be used', { 'error.message': String(error) });
    }
  }
}
