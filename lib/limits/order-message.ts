import { z } from 'zod';
import { HeliographError } from '../errors.ts';
import { type LimitOrder, ORDER_TEXT } from './order.ts';

/** An operator has some; whoever has more has a rule to write, or a mistake to find. */
export const MOST_ORDERS = 1000;

/** An order as one process tells another. */
export const wireOrder = z.object({
  id: z.string().min(1).max(256),
  kind: z.enum(['block', 'cap']),
  match: z.string().min(1).max(ORDER_TEXT.match),
  most: z.int().min(0).max(2_000_000_000).optional(),
  perHost: z.boolean().optional(),
  by: z.string().max(ORDER_TEXT.by),
  why: z.string().max(ORDER_TEXT.why),
  at: z.number(),
  until: z.number().nullable(),
});
const wireList = z.object({
  version: z.number().min(0),
  orders: z.array(wireOrder).max(MOST_ORDERS),
  shared: z.boolean().optional(),
});

/** All orders of a core as they are in force, and when the newest of them was given or lifted. */
export interface OrderList {
  /** Grows with each change: a core's clock in ms, or one more than before. 0: there never was one. */
  readonly version: number;
  readonly orders: readonly LimitOrder[];
  /** Of a cap for all hosts each process has what the core says (order-parts.ts), and nothing before it has said so. Not there: an older core, each relay has all of it. */
  readonly shared?: boolean | undefined;
}

/** How a core tells its relays, and how these keep it: JSON, so that a person can read the file. */
export function encodeOrders({ version, orders, shared }: OrderList): Uint8Array {
  return Buffer.from(JSON.stringify({ version, orders, shared }));
}

/**
 * What a later version says besides is left out.
 * @throws HeliographError HG_LIMITS_MESSAGE
 */
export function decodeOrders(bytes: Uint8Array): OrderList {
  try {
    return wireList.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))) as OrderList;
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new HeliographError('HG_LIMITS_MESSAGE', why.slice(0, 500), {}, cause);
  }
}
