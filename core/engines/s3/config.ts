import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

/**
 * S3, or what speaks its protocol, behind the objects' port. Credentials come by the client's usual chain: AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY, a profile, the machine's role.
 */
export const s3Config = z.strictObject({
  /** The bucket that dead letters are kept in. */
  bucket: z.string().min(3).max(63).default('heliograph'),
  /** Stands before every key: several cores can share a bucket. */
  prefix: z
    .string()
    .regex(/^([^/]+\/)*$/, 'empty, or folders that each end in "/"')
    .default(''),
  /** The address of a server that is not AWS' own. Its buckets stand in the path then. */
  endpoint: z.url().optional(),
  /** The region of the bucket; a server that is not AWS' own mostly takes any. */
  region: z.string().min(1).default('us-east-1'),
  /** Makes the bucket when it is not there. */
  create: z.boolean().default(false),
  /** How long the engine may take to answer. */
  timeout: duration().prefault('30s'),
});

export type S3Config = z.output<typeof s3Config>;
