import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';
import { budget } from './budget-schema.ts';
import { credentials } from './credentials-schema.ts';
import { checkDevices, device } from './device-schema.ts';
import { maxRepetitions, modules, retries, target } from './manners.ts';

/** The configuration's `snmp`. */
export const snmpConfig = () =>
  z
    .strictObject({
      /** Ways to be let in, by name; a device that names none takes `default`. Each has version 2c with community or communityFile, or version 3 with user, auth and privacy, each of these with protocol and password or passwordFile. docs/snmp.md */
      credentials: z.record(z.string(), credentials()).default({}),
      /** The devices that are polled. */
      devices: z.array(device()).default([]),
      /** A file with more devices, in the form of `credentials` and `devices`. It is read again when it changes; one that is wrong changes nothing. */
      devicesFile: z.string().min(1).optional(),
      /** How often is looked whether that file, or a file of a secret, changed. */
      reload: duration().prefault('10s'),
      /** How often a device is polled. This and the next five hold for devices that have none of their own. */
      interval: duration().prefault('60s'),
      /** An answer is waited for so long. */
      timeout: duration().prefault('5s'),
      /** So often a question without an answer is asked again. */
      retries: retries().default(2),
      /** Values asked for at once; old devices may want less. */
      maxRepetitions: maxRepetitions().default(25),
      /** What one poll may cost, of devices that say nothing else. */
      budget: budget().prefault({}),
      /** What is asked for, of: system, if_mib, entity_sensor, hrStorage, hrDevice. */
      modules: modules().default(['system', 'if_mib']),
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
          /** The same of all senders together, in a minute. */
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
