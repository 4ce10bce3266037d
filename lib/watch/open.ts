import { DenyList } from '../certificates/deny-list.ts';
import type { CertificatePaths } from '../certificates/server-certificate.ts';
import { WatchClient } from './client.ts';
import { Teller, type TellerOptions } from './teller.ts';

/** An answer takes no longer than this, ms, nor than a round. */
const PATIENCE_MS = 5_000;

/** Begins to tell the watches of a section `watch`. */
export function openTeller(
  options: Omit<TellerOptions, 'watches' | 'everyMs'> & {
    readonly watch: {
      readonly to: readonly { readonly host: string; readonly port: number }[];
      readonly every: number;
    };
    readonly tls: CertificatePaths & { readonly revoked?: string | undefined };
  },
): Teller {
  const { watch, tls, log } = options;
  const deny = new DenyList(tls.revoked, (error) =>
    log.error('the deny list cannot be read; the one before stays', { 'error.message': error }),
  );
  const timeoutMs = Math.min(PATIENCE_MS, watch.every);
  const watches = watch.to.map((address) => new WatchClient({ address, tls, deny, timeoutMs }));
  return new Teller({ ...options, watches, everyMs: watch.every });
}
