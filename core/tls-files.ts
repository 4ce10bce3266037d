import { z } from 'zod';

/** Files of a listener that speaks mutual TLS. */
export const tlsFiles = z.strictObject({
  ca: z.string().min(1),
  cert: z.string().min(1),
  key: z.string().min(1),
  /** Serial numbers that are no longer welcome, one a line; read again when it changes. */
  revoked: z.string().min(1).optional(),
});
