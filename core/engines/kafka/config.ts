import { z } from 'zod';
import { byteSize, duration } from '../../../lib/config/duration.ts';

/** The smallest `messageBytes`: the largest frame with what stands around it, and room for a few more. */
const LEAST_MESSAGE_BYTES = 2 << 20;

/** Kafka behind the bus's port. */
export const kafkaConfig = z.strictObject({
  /** Some brokers, as `host:port`; the others are learnt from them. */
  brokers: z
    .array(z.string().regex(/^[^:\s/]+:\d{1,5}$/, 'write host:port, such as kafka-1.example:9092'))
    .min(1)
    .default(['127.0.0.1:9092']),
  /** Topics and consumer groups begin with it: heliograph.logs.error, heliograph.indexer.logs.error. */
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/, 'letters, digits, ".", "_" and "-"')
    .default('heliograph'),
  /** Makes topics that are not there. */
  create: z.boolean().default(true),
  /** Partitions of each topic: as many indexers can share it. */
  partitions: z.int().min(1).max(10_000).default(6),
  /** Copies of each partition. Unless stated 3 where there are three brokers or more, else 1. */
  replicas: z.int().min(1).max(15).optional(),
  /** How long records are kept, read or not: longer than an indexer or a log store may ever be down. */
  retention: duration().prefault('7d'),
  /** `max.message.bytes` of the topics, and the most that is sent of one topic at once. */
  messageBytes: byteSize()
    .refine((bytes) => bytes >= LEAST_MESSAGE_BYTES, { message: 'at least 2MiB: a frame may have 1 MiB' })
    .prefault('4MiB'),
  /** Bytes of one topic that may wait for the brokers; what comes beyond is refused for now, so relays and doors keep it. */
  queueBytes: byteSize().prefault('64MiB'),
  /** How long the brokers may take to answer. */
  timeout: duration().prefault('30s'),
  /** How long an indexer may be silent before others take its partitions. */
  session: duration()
    .refine((ms) => ms >= 6_000, { message: 'at least 6s: brokers take no shorter one' })
    .prefault('10s'),
  /** TLS to the brokers; `tls: {}` trusts the authorities of this machine. */
  tls: z
    .strictObject({
      /** PEM file of the authority that signed the brokers' certificates, where it is a private one. */
      ca: z.string().min(1).optional(),
      /** PEM file of our own certificate, where the brokers ask for one. */
      cert: z.string().min(1).optional(),
      /** PEM file of that certificate's key. */
      key: z.string().min(1).optional(),
    })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), { message: 'cert and key go together' })
    .optional(),
  /** A name and a password for the brokers. */
  sasl: z
    .strictObject({
      /** How the password is shown, as the brokers have it set up. `plain` sends it as it is: only with `tls`. */
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
      /** The name by which the brokers know this core. */
      username: z.string().min(1),
      /** A file with the password, and nothing else in it. */
      passwordFile: z.string().min(1),
    })
    .optional(),
});

export type KafkaConfig = z.output<typeof kafkaConfig>;

/** The name of a topic on the brokers. */
export function topicName(config: Pick<KafkaConfig, 'prefix'>, topic: string): string {
  return `${config.prefix}.${topic}`;
}

/** A consumer group for each topic: what is the matter with debug lines moves no partition of errors. */
export function groupName(config: Pick<KafkaConfig, 'prefix'>, group: string, topic: string): string {
  return `${config.prefix}.${group}.${topic}`;
}
