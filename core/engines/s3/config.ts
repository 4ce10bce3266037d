import { z } from 'zod';

/** S3, or what speaks its protocol, behind the objects' port. Credentials come by the client's usual chain. */
export const s3Config = z.strictObject({
  bucket: z.string().min(1).default('heliograph'),
  /** Stands before every key. */
  prefix: z.string().default(''),
  /** Where it is not AWS' own. */
  endpoint: z.url().optional(),
  region: z.string().min(1).default('us-east-1'),
});

export type S3Config = z.output<typeof s3Config>;
