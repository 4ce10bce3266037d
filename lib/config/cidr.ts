import { isIP } from 'node:net';
import { z } from 'zod';

/** A range of addresses. */
export interface AddressRange {
  readonly address: string;
  /** Bits that count. */
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** A range as `10.0.0.0/8`, `2001:db8::/32` or one address; null if it is none. */
export function parseCidr(text: string): AddressRange | null {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text);
  const version = match ? isIP(match[1]!) : 0;
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const prefix = match![2] === undefined ? most : Number(match![2]);
  return prefix > most ? null : { address: match![1]!, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** A schema for a range of addresses. */
export const cidr = () =>
  z.string().transform((text, context) => {
    const range = parseCidr(text);
    if (range === null) {
      context.addIssue({ code: 'custom', message: 'write a range of addresses such as 10.0.0.0/8 or 2001:db8::/32' });
      return z.NEVER;
    }
    return range;
  });
