import { z } from 'zod';

/** Files of a listener that speaks mutual TLS. */
export const tlsFiles = z.strictObject({
  /** File of the authority that the others' certificates are of; nobody else is let in. */
  ca: z.string().min(1),
  /** File of our own certificate; its name is the one by which others reach this address. */
  cert: z.string().min(1),
  /** File of that certificate's key. */
  key: z.string().min(1),
  /** Serial numbers that are no longer welcome, one a line; read again when it changes. */
  revoked: z.string().min(1).optional(),
});
