import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseDuration } from '../../lib/config/duration.ts';
import { HeliographError } from '../../lib/errors.ts';
import { compileGlob } from '../../lib/log-lines/name-glob.ts';
import { LOG_LEVELS } from '../../proto/message.ts';
import type { LevelOrder } from './level-answer.ts';

/** A level is turned down for a look at something; what stays belongs into the collectors' own configuration. */
const LONGEST_MS = 30 * 86_400_000;
const pattern = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\s/#+]+$/, 'a name, or a pattern with * and ?');

const form = z.strictObject({
  host: pattern.default('*'),
  service: z.string().min(1).max(128).default('*'),
  level: z.enum(LOG_LEVELS),
  why: z.string().max(500).default(''),
  for: z.string(),
});

const order = z.object({
  id: z.string().min(1).max(64),
  host: z.string(),
  service: z.string(),
  level: z.enum(LOG_LEVELS),
  why: z.string(),
  by: z.string(),
  at: z.number(),
  until: z.number(),
  lifted: z.object({ by: z.string(), at: z.number() }).nullable(),
});

/** @throws HeliographError HG_CORE_LEVELS, with what to write */
export function levelOrder(said: unknown, by: string, now: number): LevelOrder {
  const parsed = form.safeParse(said);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the order'}: ${message}`);
    throw new HeliographError('HG_CORE_LEVELS', issues.join('; '));
  }
  const { for: span, ...rest } = parsed.data;
  const ms = parseDuration(span);
  if (ms === null || ms <= 0 || ms > LONGEST_MS)
    throw new HeliographError('HG_CORE_LEVELS', 'for: write a duration such as 10m or 2h, 30d at most');
  return { id: randomUUID().slice(0, 8), ...rest, by, at: now, until: now + ms, lifted: null };
}

/** An order as it was written. @throws HeliographError HG_CORE_LEVELS */
export function readLevelOrder(document: string): LevelOrder {
  try {
    return order.parse(JSON.parse(document));
  } catch (cause) {
    throw new HeliographError('HG_CORE_LEVELS', String(cause).slice(0, 500), {}, cause);
  }
}

export const inForce = ({ until, lifted }: LevelOrder, now: number): boolean => lifted === null && until > now;

export const fitsHost = ({ host }: LevelOrder, name: string): boolean => compileGlob(host)(name);
