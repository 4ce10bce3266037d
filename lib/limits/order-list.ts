import { z } from 'zod';
import { HeliographError } from '../errors.ts';
import { parseSelector } from '../promql/selector.ts';
import { type LimitOrder, ORDER_TEXT } from './order.ts';

const selector = () =>
  z
    .string()
    .max(ORDER_TEXT.match)
    .superRefine((text, context) => {
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

/** One order as a person writes it, in a file or to the core. */
export const orderForm = z
  .strictObject({
    /** The series whose samples are dropped. Either this or `cap`. */
    block: selector().optional(),
    /** The series of which only so many go on. */
    cap: selector().optional(),
    /** Of a cap: different series of each metric, at all relays together; in a file, at the one that reads it. */
    most: z.int().min(0).max(2_000_000_000).optional(),
    /** Of a cap: counted for each host by itself. */
    perHost: z.boolean().default(false),
    /** For whoever finds it later. */
    why: z.string().min(1).max(ORDER_TEXT.why),
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
export const orderList = z.array(orderForm);

export type OrderList = z.output<typeof orderList>;

/** What a form asks for. @param given who gave it and when, and under which name it is known */
export function orderOf(form: OrderList[number], given: Pick<LimitOrder, 'id' | 'by' | 'at'>): LimitOrder {
  const { block, cap, most, perHost, why, until } = form;
  return {
    ...given,
    kind: block === undefined ? 'cap' : 'block',
    match: (block ?? cap)!,
    ...(cap === undefined ? {} : { most: most!, perHost }),
    why,
    until: until === undefined ? null : Date.parse(until),
  };
}

/** What an order is about: one that is given again for the same takes the place of the one before. */
export function subjectOf({ block, cap, perHost }: OrderList[number]): string {
  return `${block === undefined ? 'cap' : 'block'}:${block ?? cap}${perHost ? ':per-host' : ''}`;
}

/** The orders of a file. @param at when it was read, ms since the epoch */
export function ordersOf(list: OrderList, at: number): LimitOrder[] {
  // Named by its content, so that one that stays is the same after a reload.
  return list.map((form) => orderOf(form, { id: `file:${subjectOf(form)}`, by: 'file', at }));
}
