import { z } from 'zod';

/** A key that is there and has nothing counts as one that is not there, as in Prometheus. */
export const orNothing = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
