import { z } from 'zod';
import { address } from '../../../lib/config/duration.ts';
import { isLoopback } from '../../../lib/config/loopback.ts';
import { doorLimits } from '../doors/limits-schema.ts';

/** OTLP over HTTP, of applications on this host: POST /v1/metrics and /v1/logs, protobuf and JSON. */
export const otlpConfig = () =>
  z.strictObject({
    /** A loopback address: nobody is asked who he is. */
    listen: address()
      .refine(({ host }) => isLoopback(host), 'a loopback address, such as 127.0.0.1:4318')
      .prefault('127.0.0.1:4318'),
    /** What this door takes at most. */
    limits: doorLimits(),
  });

export type OtlpConfig = z.infer<ReturnType<typeof otlpConfig>>;
