import { z } from 'zod';

/** A Unix socket: its path, and who may connect. */
export const unixSocket = () =>
  z.strictObject({
    /** Where the socket's file is made, such as /run/heliograph/app.sock. */
    path: z.string().startsWith('/', 'an absolute path'),
    /** Rights of the socket's file, octal: 0666 lets every user of this host connect. */
    mode: z
      .string()
      .regex(/^0?[0-7]{3}$/, 'write rights such as 0660')
      .default('0666'),
  });
