import { z } from 'zod';

/** Names of modules; modules/ has what each asks for. */
export const MODULE_NAMES = ['system', 'if_mib', 'entity_sensor', 'hrStorage', 'hrDevice'] as const;

/** A host name or an address, with a port where it is not the usual one. */
export const target = (port: number, least = 1) =>
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

/** How a device is asked: of each device, and of those that say nothing. */
export const retries = () => z.int().min(0).max(10);
export const maxRepetitions = () => z.int().min(1).max(1000);
export const modules = () => z.array(z.enum(MODULE_NAMES)).min(1);
