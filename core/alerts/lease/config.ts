import { z } from 'zod';

/** Of several cores side by side one notifies. Without this section a core takes itself for the only one. */
export const leaseConfig = z
  .strictObject({
    /** What all cores that share it call it. */
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'use letters, digits, ".", "_" and "-"')
      .default('notify'),
    /** A folder that all these cores reach, on their machine or over a network file system: who notifies, and who was told of what. */
    file: z.string().min(1).optional(),
    /** The same through Kafka, where `kafka` of this configuration says: a group and a compacted topic of one partition. */
    kafka: z.boolean().default(false),
  })
  .refine(({ file, kafka }) => (file !== undefined) !== kafka, { message: 'give it file, or kafka: true' });

export type LeaseConfig = z.output<typeof leaseConfig>;
