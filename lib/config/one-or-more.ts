import { z } from 'zod';

/** One text or a list of them; the value is a list. */
export const oneOrMore = () =>
  z.union([z.string().min(1), z.array(z.string().min(1))]).transform((value) => [value].flat());
