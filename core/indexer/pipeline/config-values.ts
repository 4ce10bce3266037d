import { z } from 'zod';
import { isZone } from './zone.ts';

/** Levels as they are stored. */
export const FILE_LEVELS = ['debug', 'info', 'warning', 'error', 'fatal'] as const;

/** What can stand in a metric's label, in a reason of the ledger and on a page without being in the way. */
export const ruleName = () =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._*?-]{0,63}$/, 'use letters, digits, ".", "_" and "-", 64 at most');

/** A time zone by name or offset. */
export const zone = () => z.string().refine(isZone, 'write a zone such as Europe/Berlin, UTC or +02:00');
