import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `250ms`, `10s`, `1m30s`, `15d`; null if it is not a duration. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d)/g)) total += Number(amount) * UNITS[unit!]!;
  return total;
}

/** A schema for a duration; the value is in ms. */
export const duration = () =>
  z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === null) {
      context.addIssue({ code: 'custom', message: 'write a duration such as 250ms, 10s, 5m, 1h or 15d' });
      return z.NEVER;
    }
    return ms;
  });

const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** Bytes of `64MiB`, `1.5GiB`, `800KiB`; null if it is not a size. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)$/.exec(text);
  return match ? Math.floor(Number(match[1]) * BYTES[match[2]!]!) : null;
}

/** A schema for a size; the value is in bytes. */
export const byteSize = () =>
  z.string().transform((text, context) => {
    const bytes = parseBytes(text);
    if (bytes === null) {
      context.addIssue({ code: 'custom', message: 'write a size such as 64MiB or 2GiB' });
      return z.NEVER;
    }
    return bytes;
  });

/** A schema for `host:port`. */
export const address = () =>
  z.string().transform((text, context) => {
    const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s/]+)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (!match || port > 65535) {
      context.addIssue({ code: 'custom', message: 'write an address such as relay.example:8883 or 127.0.0.1:8883' });
      return z.NEVER;
    }
    return { host: match[1] ?? match[2]!, port };
  });
