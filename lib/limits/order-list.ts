import { z } from 'zod';
import { HeliographError } from '../errors.ts';
import { parseSelector } from '../promql/selector.ts';
import type { LimitOrder } from './order.ts';

const selector = () =>
  z.string().superRefine((text, context) => {
    try {
      parseSelector(text);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      const why = error.message.slice(error.code.length + 2);
      context.addIssue({
        code: 'custom',
        message: `write a PromQL selector such as http_requests_total{user!=""}: ${why}`,
      });
    }
  });

const order = z
  .strictObject({
    /** The series whose samples are dropped. Either this or `cap`. */
    block: selector().optional(),
    /** The series of which only so many go on. */
    cap: selector().optional(),
    /** Of a cap: different series of each metric. */
    most: z.int().min(0).max(2_000_000_000).optional(),
    /** Of a cap: counted for each host by itself. */
    perHost: z.boolean().default(false),
    /** For whoever finds it later. */
    why: z.string().min(1),
    /** It ends by itself then, such as 2026-12-24T00:00:00Z; without it never. */
    until: z.iso.datetime({ offset: true }).optional(),
  })
  .superRefine(({ block, cap, most, perHost }, context) => {
    const wrong = (message: string, key: string) => context.addIssue({ code: 'custom', message, path: [key] });
    if ((block === undefined) === (cap === undefined)) wrong('write block or cap, one of them', 'block');
    if (cap !== undefined && most === undefined) wrong('say how many series may go on, such as 1000', 'most');
    if (block !== undefined && (most !== undefined || perHost)) wrong('leave it out: a block has no number', 'most');
  });

/** A file of orders: a list. */
export const orderList = z.array(order);

export type OrderList = z.output<typeof orderList>;

/** The orders of a file. @param at when it was read, ms since the epoch */
export function ordersOf(list: OrderList, at: number): LimitOrder[] {
  return list.map(({ block, cap, most, perHost, why, until }) => {
    const kind = block === undefined ? 'cap' : 'block';
    const match = (block ?? cap)!;
    return {
      // Of its content, so that one that stays is the same after a reload.
      id: `file:${kind}:${match}${perHost ? ':per-host' : ''}`,
      kind,
      match,
      ...(cap === undefined ? {} : { most: most!, perHost }),
      by: 'file',
      why,
      at,
      until: until === undefined ? null : Date.parse(until),
    };
  });
}
