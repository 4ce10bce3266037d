import { z } from 'zod';

/** Kafka behind the bus' port. */
export const kafkaConfig = z.strictObject({
  brokers: z.array(z.string().min(1)).min(1).default(['127.0.0.1:9092']),
  /** Stands before the names of topics and groups, so that several cores can share a cluster. */
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,100}$/, 'letters, digits, ".", "_" and "-"')
    .default('heliograph.'),
});

export type KafkaConfig = z.output<typeof kafkaConfig>;
