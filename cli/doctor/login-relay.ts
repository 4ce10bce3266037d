import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import type { RelayConfig } from '../../relay/config.ts';
import type { Check } from './check.ts';
import type { Address } from './handshake.ts';
import { judge, type Login, PATIENCE_MS } from './login.ts';

/** Logs in at a core as the relay itself, which must be stopped, and compares the clocks. */
export async function loginAsRelay(what: string, core: Address, config: RelayConfig): Promise<Check> {
  // gRPC's own remark on addresses in place of names says nothing to who reads this.
  process.noDeprecation = true;
  const { Uplink } = await import('../../relay/uplink.ts');
  const hello = { version: 1, relay: config.name, site: config.site, boot: '0'.repeat(24), software: 'doctor' };
  const last = { reason: 'no answer' };
  const { result, uplink } = await new Promise<{ result: Login; uplink: { close(): void } }>((resolve) => {
    const log = {
      ...silentLog,
      warn: (_: string, facts?: Record<string, unknown>) => {
        last.reason = String(facts?.reason ?? last.reason);
      },
    };
    const made = new Uplink(
      {
        cores: [core],
        tls: config.tls,
        hello: () => ({ hello }),
        log,
        metrics: new Registry(),
        random: Math.random,
        now: () => systemClock.now(),
      },
      {
        onOpen: (_, theirs) => done({ theirs, ours: systemClock.now() }),
        onMessage: () => undefined,
        onClose: (reason) => done({ error: reason }),
      },
    );
    const timer = setTimeout(() => done({ error: last.reason }), PATIENCE_MS);
    const done = (result: Login) => {
      clearTimeout(timer);
      resolve({ result, uplink: made });
    };
    made.start();
  });
  uplink.close();
  return judge(what, result);
}
