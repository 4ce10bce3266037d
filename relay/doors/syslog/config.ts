import { z } from 'zod';
import { cidr } from '../../../lib/config/cidr.ts';
import { address, byteSize, duration } from '../../../lib/config/duration.ts';
import { isLoopback } from '../../../lib/config/loopback.ts';
import { zoneOffset } from '../../../lib/ingest/syslog/zone.ts';
import { LIMITS } from '../../../proto/limits.ts';
import { HOST_NAME } from '../../../proto/topics.ts';

const LEAST_MESSAGE_BYTES = 480;

const fields = z.strictObject({
  /** Syslog in datagrams (RFC 5426), such as 0.0.0.0:514. */
  udp: address().optional(),
  /** Syslog over TCP (RFC 6587): octet counting or a newline behind each message, as the first bytes of a connection say. */
  tcp: address().optional(),
  /** Syslog over TLS (RFC 5425), with the relay's certificate. */
  tls: z
    .strictObject({
      /** Address and port where devices connect; 6514 is the port of the standard. */
      listen: address().prefault('0.0.0.0:6514'),
      /** Whether devices show a certificate of the relay's authority: never, those that have one, or all. */
      clients: z.enum(['none', 'ask', 'require']).default('none'),
      /** Names of certificates whose devices may name the hosts of their lines, as a central syslog server does; lines of others stand under their own name. */
      anyHost: z.array(z.string().regex(HOST_NAME, 'a name of a certificate')).default([]),
    })
    .optional(),
  /** Who may send, by address: ranges such as 10.0.0.0/8. Nobody can prove who he is in UDP and plain TCP, so this is wanted wherever others than this machine can come in. */
  allow: z.array(cidr()).default([]),
  /** The host that a line stands under: what the message says (where that can be a host's name), or the address that it came from. */
  host: z.enum(['message', 'address']).default('message'),
  /** Zone of times that do not say theirs, as RFC 3164 has them: UTC, +02:00, or a name such as Europe/Berlin. */
  zone: z
    .string()
    .refine((zone) => zoneOffset(zone) !== null, 'UTC, an offset such as +02:00, or a name such as Europe/Berlin')
    .default('UTC'),
  /** Longer messages are cut. */
  maxMessageBytes: byteSize()
    .refine(
      (bytes) => bytes >= LEAST_MESSAGE_BYTES && bytes <= LIMITS.messageBytes,
      '480B at least (RFC 5426), and at most 512KiB, which is the most that a line may have',
    )
    .prefault('64KiB'),
  /** Of TCP and TLS together, and a tenth of them, or 100, by one address; further ones are closed at once. */
  maxConnections: z.int().min(1).default(1000),
  /** A connection that brings nothing for so long is closed. */
  idle: duration().prefault('2h'),
  /** Different hosts within the hour; lines of further ones stand under the sender's address, and then under `syslog`. */
  maxHosts: z.int().min(1).default(10_000),
  /** How long lines wait for others to share a frame. */
  linger: duration().prefault('200ms'),
  /** Lines on their way to the journal, once for UDP and once for TCP and TLS; each address has at most three times what is free of it. Beyond, datagrams are dropped and counted, and connections are not read. */
  waitingBytes: byteSize()
    .refine((bytes) => bytes >= 2 ** 20, 'at least 1MiB')
    .prefault('16MiB'),
  /** Of the system, for datagrams that this process has not read yet. More than net.core.rmem_max it does not give. */
  receiveBuffer: byteSize().prefault('8MiB'),
});

/** Syslog of devices that speak for themselves. */
export const syslogConfig = fields
  .refine(({ udp, tcp, tls }) => udp || tcp || tls, {
    message: 'set one of udp, tcp and tls, or leave the section out',
  })
  .superRefine(({ allow, udp, tcp, tls }, context) => {
    if (allow.length > 0) return;
    const open = [
      udp && ['udp', udp.host],
      tcp && ['tcp', tcp.host],
      tls?.clients !== 'require' && tls && ['tls', tls.listen.host],
    ];
    for (const one of open) {
      if (!one || isLoopback(one[1]!)) continue;
      const message = `${one[0]} is open to other machines: say who may send, such as allow: [10.0.0.0/8]`;
      context.addIssue({ code: 'custom', message, path: ['allow'] });
      return;
    }
  });

export type SyslogConfig = z.output<typeof syslogConfig>;
