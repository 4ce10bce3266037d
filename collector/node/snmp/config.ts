import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';
import { RESERVED_LABELS } from '../../../proto/page.ts';
import { AUTH_PROTOCOLS, PRIVACY_PROTOCOLS } from './device.ts';

/** Names of modules; modules/ has what each asks for. */
export const MODULE_NAMES = ['system', 'if_mib', 'entity_sensor', 'hrStorage', 'hrDevice'] as const;

/** A host name or an address, with a port where it is not the usual one. */
const target = (port: number, least = 1) =>
  z.string().transform((text, context) => {
    const match =
      /^(?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)|([^:\s/[\]]+))(?::(\d{1,5}))?$/.exec(
        text,
      );
    const given = match?.[4] === undefined ? port : Number(match[4]);
    if (!match || given < least || given > 65535) {
      context.addIssue({
        code: 'custom',
        message: 'write an address such as 192.0.2.1, switch-1.example, switch-1.example:1161 or [2001:db8::1]:161',
      });
      return z.NEVER;
    }
    return { host: match[1] ?? match[2] ?? match[3]!, port: given };
  });

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
const credentials = () =>
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

const labels = () =>
  z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a label is letters, digits and underscores')
        .refine(
          (name) => !RESERVED_LABELS.has(name) && name !== 'job',
          'this label has its own value: choose another name',
        ),
      z.string(),
    )
    .default({});

/** What a device may say for itself, and what holds for those that say nothing. */
const manners = {
  interval: duration(),
  /** An answer is waited for so long. */
  timeout: duration(),
  /** So often a question without an answer is asked again. */
  retries: z.int().min(0).max(10),
  /** Values asked for at once; old devices may want less. */
  maxRepetitions: z.int().min(1).max(1000),
  budget: z.strictObject({
    /** A poll that takes longer is ended; left out: nine tenths of the interval. */
    time: duration().optional(),
    /** Requests of one poll at most, repeats included. */
    packets: z.int().min(1).max(1_000_000).optional(),
    /** Values of one poll at most. */
    rows: z.int().min(1).max(1_000_000).optional(),
  }),
  modules: z.array(z.enum(MODULE_NAMES)).min(1),
};

const device = () =>
  z.strictObject({
    /** What its series have as `instance`. */
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
        'letters, digits, dots, dashes, colons and underscores, 128 at most',
      ),
    /** A name or an address, with a port where it is not 161. */
    address: target(161),
    /** One of `credentials`. */
    credentials: z.string().default('default'),
    interval: manners.interval.optional(),
    timeout: manners.timeout.optional(),
    retries: manners.retries.optional(),
    maxRepetitions: manners.maxRepetitions.optional(),
    budget: manners.budget.optional(),
    modules: manners.modules.optional(),
    /** Added to each of its series. */
    labels: labels(),
    /** Takes answers from another address than the one asked, which some devices with several addresses give. Anybody who guesses a number could answer then. */
    anySource: z.boolean().default(false),
  });

type DeviceEntry = z.output<ReturnType<typeof device>>;

/** Names that are there twice, and credentials that are not there. */
function checkDevices(devices: readonly DeviceEntry[], known: readonly string[], context: z.RefinementCtx): void {
  for (const [i, { name, credentials: wanted }] of devices.entries()) {
    if (devices.findIndex((one) => one.name === name) < i) {
      context.addIssue({
        code: 'custom',
        message: 'another device has this name: give each its own',
        path: ['devices', i, 'name'],
      });
    }
    if (known.includes(wanted)) continue;
    const message =
      known.length === 0 ? 'there are no credentials: add credentials' : `one of credentials: ${known.join(', ')}`;
    context.addIssue({ code: 'custom', message, path: ['devices', i, 'credentials'] });
  }
}

/**
 * The file of devices beside the configuration: `devices`, and `credentials` of its own.
 * @param known what the configuration has: names of credentials and of devices
 */
export const devicesFile = (known: { readonly credentials: readonly string[]; readonly names: readonly string[] }) =>
  z
    .strictObject({
      credentials: z.record(z.string(), credentials()).default({}),
      devices: z.array(device()).default([]),
    })
    .superRefine((value, context) => {
      checkDevices(value.devices, [...new Set([...known.credentials, ...Object.keys(value.credentials)])], context);
      for (const [i, { name }] of value.devices.entries()) {
        if (!known.names.includes(name)) continue;
        const message = 'the configuration has a device of this name: give each its own';
        context.addIssue({ code: 'custom', message, path: ['devices', i, 'name'] });
      }
    });

/** The configuration's `snmp`. */
export const snmpConfig = () =>
  z
    .strictObject({
      /** Ways to be let in, by name; a device that names none takes `default`. Each has version 2c with community or communityFile, or version 3 with user, auth and privacy, each of these with protocol and password or passwordFile. docs/snmp.md */
      credentials: z.record(z.string(), credentials()).default({}),
      devices: z.array(device()).default([]),
      /** A file with more devices, in the form of `credentials` and `devices`. It is read again when it changes; one that is wrong changes nothing. */
      devicesFile: file().optional(),
      /** How often is looked whether that file, or a file of a secret, changed. */
      reload: duration().prefault('10s'),
      /** Of devices that have none of their own. */
      interval: manners.interval.prefault('60s'),
      /** An answer is waited for so long. */
      timeout: manners.timeout.prefault('5s'),
      /** So often a question without an answer is asked again. */
      retries: manners.retries.default(2),
      /** Values asked for at once. */
      maxRepetitions: manners.maxRepetitions.default(25),
      budget: manners.budget.prefault({}),
      modules: manners.modules.default(['system', 'if_mib']),
      /** Polls that go on at once; devices that did not answer last time get half of them at most. */
      concurrency: z.int().min(1).max(10_000).default(100),
      /** Traps and informs of devices, as events. */
      traps: z
        .strictObject({
          /** Where they are listened for: an address, with a port where it is not 162. The port of the standard needs the right to listen below 1024. */
          listen: target(162, 0),
          /** Names of `credentials` with which they are taken: communities of versions 1 and 2c, users of version 3. */
          credentials: z.array(z.string()).min(1),
          /** Of one sender, in a minute; those above are counted and not kept. */
          perMinute: z.int().min(1).max(100_000).default(60),
          /** Of all senders together. */
          perMinuteOfAll: z.int().min(1).max(100_000).default(1200),
        })
        .optional(),
    })
    .superRefine((value, context) => {
      const known = Object.keys(value.credentials);
      checkDevices(value.devices, known, context);
      for (const [i, name] of (value.traps?.credentials ?? []).entries()) {
        if (!known.includes(name)) {
          context.addIssue({
            code: 'custom',
            message: `one of credentials: ${known.join(', ')}`,
            path: ['traps', 'credentials', i],
          });
        }
      }
    });

export type SnmpConfig = z.output<ReturnType<typeof snmpConfig>>;
export type CredentialsConfig = SnmpConfig['credentials'][string];
export type DeviceConfig = DeviceEntry;
