import { readFileSync } from 'node:fs';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { KafkaConfig } from './config.ts';
import { kafkaLog } from './log.ts';
import { repairKafkajs } from './repairs.ts';
import { useZstd } from './zstd.ts';

/** TCP and TLS together; the gate waits longer where it must. */
export const CONNECT_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;

/** What a connection needs, files read. */
export interface Access {
  readonly tls: ConnectionOptions | null;
  readonly sasl: SASLOptions | null;
}

/** @throws HeliographError HG_ENGINE_LOGIN for a file that cannot be read */
export function readAccess({ tls, sasl }: KafkaConfig): Access {
  const options: ConnectionOptions = {};
  if (tls?.ca !== undefined) options.ca = secret(tls.ca);
  if (tls?.cert !== undefined) options.cert = secret(tls.cert);
  if (tls?.key !== undefined) options.key = secret(tls.key);
  return {
    tls: tls === undefined ? null : options,
    sasl: sasl
      ? { mechanism: sasl.mechanism, username: sasl.username, password: secret(sasl.passwordFile).trimEnd() }
      : null,
  };
}

/** A socket to a broker. */
export function openSocket(host: string, port: number, tls: ConnectionOptions | null, onConnect: () => void): Socket {
  const where = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if (tls === null) return connectPlain(where, onConnect);
  return connectTls({ ...where, ...(isIP(host) ? {} : { servername: host }), ...tls }, onConnect);
}

/** kafkajs on our sockets, log and codec. Nested tries are few: who waits and for how long is decided by publisher, consumer and gate. */
export function kafkaClient(config: KafkaConfig, access: Access, log: Logger): Kafka {
  useZstd();
  repairKafkajs();
  return new kafkajs.Kafka({
    clientId: 'heliograph',
    brokers: [...config.brokers],
    ...(access.tls ? { ssl: access.tls } : {}),
    ...(access.sasl ? { sasl: access.sasl } : {}),
    connectionTimeout: CONNECT_MS,
    authenticationTimeout: CONNECT_MS,
    requestTimeout: config.timeout + 5_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 2 },
    logCreator: kafkaLog(log),
    socketFactory: ({ host, port, onConnect }) => openSocket(host, port, access.tls, onConnect),
  });
}

function secret(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HeliographError('HG_ENGINE_LOGIN', `${file} cannot be read: ${String(cause)}`, { file }, cause);
  }
}
