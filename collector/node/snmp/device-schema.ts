import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';
import { RESERVED_LABELS } from '../../../proto/page.ts';
import { budget } from './budget-schema.ts';
import { credentials } from './credentials-schema.ts';
import { maxRepetitions, modules, retries, target } from './manners.ts';

/** One device of the table. */
export const device = () =>
  z.strictObject({
    /** What its series have as `instance`; the certificate has to grant it (`heliograph ca issue --speaks-for`). */
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
        'letters, digits, dots, dashes, colons and underscores, 128 at most',
      ),
    /** A name or an address, with a port where it is not 161. */
    address: target(161),
    /** The name of one of `credentials`, by which it lets us in. */
    credentials: z.string().default('default'),
    /** How often it is polled. Where this or one of the next five is left out, that of `snmp` holds. */
    interval: duration().optional(),
    /** An answer is waited for so long. */
    timeout: duration().optional(),
    /** So often a question without an answer is asked again. */
    retries: retries().optional(),
    /** Values asked for at once; some devices want less. */
    maxRepetitions: maxRepetitions().optional(),
    /** What one poll of it may cost. */
    budget: budget().optional(),
    /** What is asked for, as `snmp.modules` has it. */
    modules: modules().optional(),
    /** Labels that are added to each of its series. */
    labels: labels(),
    /** Takes answers from another address than the one asked, which some devices with several addresses give. Anybody who guesses a number could answer then. */
    anySource: z.boolean().default(false),
  });

export type DeviceConfig = z.output<ReturnType<typeof device>>;

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

/** Names that are there twice, and credentials that are not there. */
export function checkDevices(
  devices: readonly DeviceConfig[],
  known: readonly string[],
  context: z.RefinementCtx,
): void {
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
