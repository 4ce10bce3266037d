import type { RelayAddress } from '../../collector/core/uplink/relay-turns.ts';
import { createMqttUplink } from '../../collector/node/mqtt-uplink.ts';
import type { HttpProxy } from '../../collector/node/proxy.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { decodeControl } from '../../proto/control.ts';
import { encodeStatus } from '../../proto/status.ts';
import { topicOf } from '../../proto/topics.ts';
import type { RelayConfig } from '../../relay/config.ts';
import type { CertificatePaths } from './certificate.ts';
import { type Check, fail } from './check.ts';
import type { Address } from './handshake.ts';
import { checkClock } from './own-metrics.ts';
import { explain } from './reason.ts';

const PATIENCE_MS = 8000;
const CLOCK_TOLERANCE_MS = 500;

/** What came of a real log-in: the other end's time and ours at that moment, or why there was none. */
type Login = { readonly theirs: number; readonly ours: number } | { readonly error: string };

/** Logs in at a relay as the collector itself, which must be stopped, and compares the clocks. */
export function loginAsCollector(
  what: string,
  relay: RelayAddress,
  name: string,
  tls: CertificatePaths,
  proxy: HttpProxy | null,
): Promise<Check> {
  const uplink = createMqttUplink(tls, undefined, () => proxy);
  const farewell = encodeStatus({
    state: 'down',
    connection: 'doctor',
    boot: '0'.repeat(24),
    time: systemClock.now(),
    version: '',
    profile: '',
    series: 0,
    classes: {},
    ledger: null,
    sources: {},
  });
  const login = new Promise<Login>((resolve) => {
    const timer = setTimeout(() => resolve({ error: 'no answer' }), PATIENCE_MS);
    const done = (result: Login) => {
      clearTimeout(timer);
      resolve(result);
    };
    uplink.connect(
      {
        relay,
        clientId: name,
        keepAliveSeconds: 10,
        subscribe: [topicOf(name, 'control')],
        lastWill: { topic: topicOf(name, 'status'), payload: farewell, retain: true },
      },
      {
        onOpen: () => undefined,
        onMessage: (_, payload) => {
          const { time } = decodeControl(payload);
          if (time !== undefined) done({ theirs: time, ours: systemClock.now() });
        },
        onClose: (reason) => done({ error: reason }),
      },
    );
  });
  return login.then(async (result) => {
    await new Promise<void>((resolve) => uplink.close(resolve));
    return judge(what, result);
  });
}

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

function judge(what: string, result: Login): Check {
  if ('error' in result) {
    const { found, fix } = explain(result.error);
    return fail(what, `no log-in: ${found}`, fix);
  }
  const check = checkClock(`the clock of ${what}`, result.ours, result.theirs, CLOCK_TOLERANCE_MS);
  return { ...check, found: `logged in; the clock here is ${check.found}` };
}
