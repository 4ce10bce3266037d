import { z } from 'zod';
import { cidr } from '../../../lib/config/cidr.ts';
import { address, byteSize, duration } from '../../../lib/config/duration.ts';
import { isLoopback } from '../../../lib/config/loopback.ts';
import { zoneOffset } from '../../../lib/ingest/syslog/zone.ts';
import { LOG_LEVELS } from '../../../proto/desired.ts';

/** Every receiver must take so many (RFC 5426, 3.2); a line has no more than the half of a frame. */
const LEAST_BYTES = 480;
const MOST_BYTES = 256 * 1024;

const fields = z.strictObject({
  /** Syslog in datagrams (RFC 5426), such as 0.0.0.0:514. */
  udp: address().optional(),
  /** Syslog over TCP (RFC 6587): octet counting or a newline behind each message, as the first bytes of a connection say. */
  tcp: address().optional(),
  /** Syslog over TLS (RFC 5425), with a server's certificate: the collector's own is one for a client. */
  tls: z
    .strictObject({
      /** Address and port where devices connect; 6514 is the port of the standard. */
      listen: address().prefault('0.0.0.0:6514'),
      /** PEM file of the certificate that devices are shown: of a server, with the name by which they reach this machine. */
      cert: z.string(),
      /** PEM file of that certificate's key. */
      key: z.string(),
      /** The authority of devices' certificates. */
      ca: z.string(),
      /** Whether devices must show a certificate of `ca`. */
      clients: z.enum(['none', 'require']).default('none'),
    })
    .optional(),
  /** Who may send, by address: ranges such as 10.0.0.0/8. Wanted wherever others than this machine can come in. */
  allow: z.array(cidr()).default([]),
  /** The lowest level sent. */
  level: z.enum(LOG_LEVELS).default('info'),
  /** Zone of times that do not say theirs, as RFC 3164 has them: UTC, +02:00, or a name such as Europe/Berlin. */
  zone: z
    .string()
    .refine((zone) => zoneOffset(zone) !== null, 'UTC, an offset such as +02:00, or a name such as Europe/Berlin')
    .default('UTC'),
  /** Longer messages are cut. */
  maxMessageBytes: byteSize()
    .refine((bytes) => bytes >= LEAST_BYTES && bytes <= MOST_BYTES, '480B (RFC 5426) to 256KiB')
    .prefault('64KiB'),
  /** Of TCP and TLS together; further ones are closed at once. */
  maxConnections: z.int().min(1).default(200),
  /** A connection that brings nothing for so long is closed. */
  idle: duration().prefault('2h'),
  /** How long lines wait for others to share a batch. */
  linger: duration().prefault('200ms'),
  /** Lines that wait for the spool. Beyond, datagrams are dropped and counted, and connections are not read. */
  waitingBytes: byteSize()
    .refine((bytes) => bytes >= 2 ** 19, 'at least 512KiB')
    .prefault('4MiB'),
});

/** Syslog of the gear around this machine. */
export const collectorSyslogConfig = fields
  .refine(({ udp, tcp, tls }) => udp || tcp || tls, {
    message: 'set one of udp, tcp and tls, or leave the section out',
  })
  .superRefine(({ allow, udp, tcp, tls }, context) => {
    if (allow.length > 0) return;
    const open = [udp?.host, tcp?.host, tls?.clients === 'require' ? undefined : tls?.listen.host];
    if (open.every((host) => host === undefined || isLoopback(host))) return;
    const message = 'it is open to other machines: say who may send, such as allow: [10.0.0.0/8]';
    context.addIssue({ code: 'custom', message, path: ['allow'] });
  });

export type CollectorSyslogConfig = z.output<typeof collectorSyslogConfig>;
