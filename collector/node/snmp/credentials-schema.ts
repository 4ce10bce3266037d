import { z } from 'zod';
import { AUTH_PROTOCOLS, PRIVACY_PROTOCOLS } from './device.ts';

const file = () => z.string().min(1);

/** Of a secret: in the file, or in a file of its own, and not both. */
const secret = {
  password: z.string().min(8, 'at least 8 characters (RFC 3414, 11.2)').optional(),
  passwordFile: file().optional(),
};

const exactlyOne =
  (...names: string[]) =>
  (value: object, context: z.RefinementCtx): void => {
    const given = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
    if (given.length === 1) return;
    context.addIssue({
      code: 'custom',
      message: `give one of ${names.join(' and ')}${given.length > 1 ? ', not both' : ''}`,
    });
  };

/** Ways to be let in, by name. */
export const credentials = () =>
  z
    .strictObject({
      version: z.enum(['2c', '3']).default('2c'),
      /** Of version 2c. It travels in the clear: anybody on the way can read it. */
      community: z.string().min(1).optional(),
      /** A file with the community in its first line; read again when it changes. */
      communityFile: file().optional(),
      /** Of version 3. */
      user: z.string().min(1).max(32).optional(),
      auth: z
        .strictObject({ protocol: z.enum(AUTH_PROTOCOLS).default('sha'), ...secret })
        .superRefine(exactlyOne('password', 'passwordFile'))
        .optional(),
      /** Needs `auth`. */
      privacy: z
        .strictObject({ protocol: z.enum(PRIVACY_PROTOCOLS).default('aes'), ...secret })
        .superRefine(exactlyOne('password', 'passwordFile'))
        .optional(),
      context: z.string().max(32).default(''),
    })
    .superRefine((value, context) => {
      const { version, user, auth, privacy, community, communityFile } = value;
      const say = (message: string) => context.addIssue({ code: 'custom', message });
      if (version === '2c') {
        exactlyOne('community', 'communityFile')(value, context);
        if (user !== undefined || auth !== undefined || privacy !== undefined)
          say('user, auth and privacy are of version "3": add version: "3"');
        return;
      }
      if (user === undefined) say('version "3" needs a user');
      if (community !== undefined || communityFile !== undefined) say('a community is of version "2c": take it away');
      if (privacy !== undefined && auth === undefined) say('privacy needs auth');
    });

export type CredentialsConfig = z.output<ReturnType<typeof credentials>>;
