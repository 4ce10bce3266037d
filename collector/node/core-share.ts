import { z } from 'zod';

const FORM = /^[1-9]\d{0,2}%$/;

/** A share of one processor core, written as 25%: 0.25. */
export function coreShare() {
  return z
    .string()
    .regex(FORM, 'write a share of one core such as 25%')
    .transform((text) => Number(text.slice(0, -1)) / 100);
}
