import { z } from 'zod';

/** OpenSearch behind the log store's port. */
export const openSearchConfig = z.strictObject({
  addresses: z.array(z.url()).min(1).default(['http://127.0.0.1:9200']),
  /** Daily indices are called by it and the day: heliograph-logs-2026.08.31. */
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,100}$/, 'small letters, digits, ".", "_" and "-"')
    .default('heliograph-logs'),
});

export type OpenSearchConfig = z.output<typeof openSearchConfig>;
