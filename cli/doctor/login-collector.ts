import type { RelayAddress } from '../../collector/core/uplink/relay-turns.ts';
import { createMqttUplink } from '../../collector/node/mqtt-uplink.ts';
import type { HttpProxy } from '../../collector/node/proxy.ts';
import { systemClock } from '../../lib/clock.ts';
import { decodeControl } from '../../proto/control.ts';
import { encodeStatus } from '../../proto/status.ts';
import { topicOf } from '../../proto/topics.ts';
import type { CertificatePaths } from './certificate.ts';
import type { Check } from './check.ts';
import { judge, type Login, PATIENCE_MS } from './login.ts';

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
