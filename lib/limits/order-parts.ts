import { z } from 'zod';
import { HeliographError } from '../errors.ts';
import { MOST_ORDERS } from './order-message.ts';

/** How much of each shared cap one process of a relay may let go on, as the core says it. */
export interface OrderParts {
  /** Grows with each message of a stream; said again by who has taken it. */
  readonly number: number;
  /** Of the list of orders that they divide: whoever holds another list must not go by them. Not there: of whichever list. */
  readonly version?: number | undefined;
  /** By the order's id. Of one that is not there nothing is said: what was in force stays. */
  readonly parts: Readonly<Record<string, number>>;
}

/** What a process of a relay says of the shared caps: the number of the parts that are in force, and by order how many series it has seen and its part. */
export interface OrderNeeds {
  readonly number: number;
  readonly orders: Readonly<Record<string, { readonly seen: number; readonly part: number }>>;
}

const count = z.int().min(0).max(2_000_000_000);
const few = (map: object) => Object.keys(map).length <= MOST_ORDERS;
const id = z.string().min(1).max(256);
const partsSchema = z.object({
  number: z.int().min(0),
  version: z.number().min(0).optional(),
  parts: z.record(id, count).refine(few),
});
const needsSchema = z.object({
  number: z.int().min(0),
  orders: z.record(id, z.object({ seen: count, part: count })).refine(few),
});

/** JSON, for messages and for the relay's file. */
export function encodeJson(what: OrderParts | OrderNeeds): Uint8Array {
  return Buffer.from(JSON.stringify(what));
}

/** @throws HeliographError HG_LIMITS_MESSAGE */
export function decodeParts(bytes: Uint8Array): OrderParts {
  return decoded(partsSchema, bytes);
}

/** @throws HeliographError HG_LIMITS_MESSAGE */
export function decodeNeeds(bytes: Uint8Array): OrderNeeds {
  return decoded(needsSchema, bytes);
}

function decoded<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new HeliographError('HG_LIMITS_MESSAGE', why.slice(0, 500), {}, cause);
  }
}
