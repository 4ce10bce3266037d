import type { DenyList } from '../../../lib/certificates/deny-list.ts';
import type { ServerCertificate } from '../../../lib/certificates/server-certificate.ts';
import { Peers } from '../../../lib/doors/syslog/peers.ts';
import { zoneOffset } from '../../../lib/ingest/syslog/zone.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { TimeLimits } from '../../../lib/stages/time-check.ts';
import type { SyslogPorts } from '../../addresses.ts';
import type { DoorIntake } from '../intake.ts';
import type { SyslogConfig } from './config.ts';
import { openDatagrams } from './datagrams.ts';
import { Delivery } from './delivery.ts';
import { HostNames } from './host-names.ts';
import { syslogMetrics } from './metrics.ts';
import { Receiver } from './receiver.ts';
import { Streams } from './streams.ts';

export interface SyslogDoorOptions {
  readonly config: SyslogConfig;
  /** Of the doors, which look whether its files changed; null: no TLS. */
  readonly certificate: ServerCertificate | null;
  readonly deny: DenyList;
  readonly intake: DoorIntake;
  /** Which times lines may have. */
  readonly times: TimeLimits;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** The syslog door, while it is open. */
export interface SyslogDoor {
  readonly ports: SyslogPorts;
  /** Looks at clients' certificates and at what the system dropped. Called now and then. */
  sweep(): void;
  /** Takes nothing more in, and brings what came to the journal. */
  close(): Promise<void>;
}

/** Who lines are from is said line by line; the intake wants a client. */
const CLIENT = { name: 'syslog', anyHost: true } as const;

/** @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
export async function openSyslog(options: SyslogDoorOptions): Promise<SyslogDoor> {
  const { config, now, log } = options;
  const metrics = syslogMetrics(options.metrics);
  const hosts = new HostNames(config.maxHosts, () => metrics.overHosts.inc());
  const offset = zoneOffset(config.zone)!;
  const receiverOf = (transport: 'udp' | 'stream', onRoom: () => void, onShare: () => void) => {
    const delivery = new Delivery({
      take: (batch) => options.intake.take('syslog', CLIENT, batch),
      most: config.waitingBytes,
      onRoom,
      onLost: (lines, reason) => metrics.dropped.inc({ transport, reason }, lines),
      log,
    });
    const { linger: lingerMs, waitingBytes } = config;
    const common = { delivery, waitingBytes, hosts, times: options.times, offset, lingerMs, now, metrics };
    return { delivery, receiver: new Receiver({ ...common, single: transport === 'udp', onShare }) };
  };
  const { maxMessageBytes, maxConnections, idle: idleMs } = config;
  const peers = new Peers(config.allow, config.host === 'message');
  const udp = receiverOf(
    'udp',
    () => undefined,
    () => undefined,
  );
  const stream = receiverOf(
    'stream',
    () => streams.resume(),
    () => streams.resumeShares(),
  );
  metrics.waiting.collect(() => [
    [{ of: 'udp' }, udp.receiver.waiting],
    [{ of: 'streams' }, stream.receiver.waiting],
  ]);
  const streams = new Streams({
    receiver: stream.receiver,
    peers,
    maxMessageBytes,
    maxConnections,
    idleMs,
    now,
    metrics,
  });
  const { receiveBuffer } = config;
  const datagrams = config.udp
    ? await openDatagrams({
        listen: config.udp,
        receiver: udp.receiver,
        peers,
        maxMessageBytes,
        receiveBuffer,
        metrics,
      })
    : null;
  const close = async () => {
    await datagrams?.close();
    await streams.close();
    for (const { receiver, delivery } of [udp, stream]) {
      receiver.close();
      await delivery.close();
    }
  };
  let ports: SyslogPorts;
  try {
    const tcp = config.tcp ? await streams.listen(config.tcp) : 0;
    const tls = config.tls
      ? await streams.listenTls(config.tls.listen, {
          ...{ clients: config.tls.clients, anyHost: config.tls.anyHost },
          ...{ certificate: options.certificate!, deny: options.deny },
        })
      : 0;
    ports = { udp: datagrams?.port ?? 0, tcp, tls };
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports,
    sweep: () => {
      datagrams?.sweep();
      streams.sweep();
    },
    close,
  };
}
