import { doorLimits } from '../doors/limits-schema.ts';
import { unixSocket } from '../socket-schema.ts';

/** POST /v1/ingest on a Unix socket, in the core's form (docs/ingestion.md). */
export const ingestConfig = () =>
  unixSocket().extend({
    /** What this door takes at most. */
    limits: doorLimits(),
  });
