import { z } from 'zod';
import { byteSize, duration } from '../../../lib/config/duration.ts';

/** OpenSearch behind the log store's port. */
export const openSearchConfig = z.strictObject({
  /** Any node that takes bulks and searches; several are used in turn. */
  addresses: z.array(z.url()).min(1).default(['http://127.0.0.1:9200']),
  /** Daily indices are called by it and the day: heliograph-logs-2026.08.31. */
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,100}$/, 'small letters, digits, ".", "_" and "-"')
    .default('heliograph-logs'),
  /** Lines of a collector's `logRoutes` that are kept for another time than the rest, in indices of their own: heliograph-logs-audit-2026.08.31. A frame that is under way while this changes may be there twice. */
  routes: z
    .array(
      z.strictObject({
        /** As `logRoutes` names it. */
        name: z
          .string()
          .regex(/^[a-z][a-z0-9._-]{0,63}$/, 'a small letter first, then these, digits, ".", "_" and "-"'),
        /** How long its lines are kept. */
        retention: duration(),
      }),
    )
    .refine((routes) => new Set(routes.map(({ name }) => name)).size === routes.length, 'a route stands here twice')
    .default([]),
  /** Name for the engine's log-in (HTTP basic authentication), where it asks for one; with `passwordFile`. */
  username: z.string().min(1).optional(),
  /** A file with the password, and nothing else in it. */
  passwordFile: z.string().min(1).optional(),
  /** PEM file of the authority that signed the engine's certificate, where it is a private one. */
  ca: z.string().min(1).optional(),
  /** Parts of each daily index, over which its nodes share the work: as many as there are data nodes, say. Holds for indices that are made later. */
  shards: z.int().min(1).default(1),
  /** Copies beside the first of each shard: 2 for three nodes, 0 for one. */
  replicas: z.int().min(0).default(0),
  /** How often new lines become searchable. Longer is cheaper. */
  refresh: duration().prefault('1s'),
  /** The most bytes of a bulk; bulks shrink when the engine says that it is too much, and grow again. */
  bulkBytes: byteSize().prefault('5MiB'),
  /** The most lines of a bulk, however few bytes they have. */
  bulkLines: z.int().min(10).default(5000),
  /** How long the engine may take to answer. */
  timeout: duration().prefault('60s'),
});

export type OpenSearchConfig = z.output<typeof openSearchConfig>;
