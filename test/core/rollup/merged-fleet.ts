import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { type Authority, createAuthority } from '../../../lib/certificates/authority.ts';
import { ClockedRelay } from '../../relay/rollup/clocked-relay.ts';
import { samplesFrame, sentPage } from '../../relay/rollup/samples.ts';
import { connectClient } from '../../relay/setup.ts';
import { until } from '../../support/until.ts';
import { ClockedCore } from './clocked-core.ts';

export const SERVICES = ['cart', 'search'] as const;
export const PAGE = sentPage(SERVICES.map((service) => ({ name: 'took_seconds', labels: { service } })));
export const INTERVAL_MS = 10_000;
/** What the core waits for further relays, behind a rule's lateness of 1 s. */
export const DUE_MS = 4_000;
const RULES = `
- name: took
  match: took_seconds
  interval: 10s
  lateness: 1s
  by: [service]
  merge: core
  outputs: ["quantiles(0.5, 0.9, 0.99, 0.999)", "histogram(0.1, 1)", count_samples, sum_samples, min, max]
`;

/** A core and relays with the same rules, each a process that can be killed, by clocks that stand still until they are told. */
export class MergedFleet {
  readonly directory = mkdtempSync(join(tmpdir(), 'merged-'));
  readonly relays = new Map<string, ClockedRelay>();
  readonly #clients: MqttClient[] = [];
  authority!: Authority;
  core!: ClockedCore;

  /** @param time ms since the epoch, of all clocks */
  async open(relays: readonly string[], time: number, rollups: object = {}, rules = RULES): Promise<this> {
    this.authority = await createAuthority(join(this.directory, 'ca'), Date.now());
    const hosts = ['127.0.0.1', 'localhost'];
    const tls = async (name: string, role: 'core' | 'relay') => {
      const { ca, cert, key } = await this.authority.issue({ name, role, hosts, days: 2 });
      return { ca, cert, key };
    };
    const config = {
      dataDir: join(this.directory, 'core'),
      http: { listen: '127.0.0.1:0' },
      tls: await tls('core1', 'core'),
      rollups: { grace: '3s', ...rollups },
    };
    this.core = await ClockedCore.make(config, time);
    await this.core.start();
    writeFileSync(join(this.directory, 'rollups.yaml'), rules);
    for (const name of relays) {
      const relay = new ClockedRelay(
        {
          name,
          site: `site-of-${name}`,
          dataDir: join(this.directory, name),
          mqtt: { listen: '127.0.0.1:0' },
          http: { listen: '127.0.0.1:0' },
          tls: { ...(await tls(name, 'relay')), check: '50ms' },
          cores: [`127.0.0.1:${this.core.port}`],
          rollups: { rules: join(this.directory, 'rollups.yaml'), restartGrace: '1ms', snapshotEvery: '100ms' },
        },
        time,
      );
      await relay.start();
      this.relays.set(name, relay);
    }
    return this;
  }

  /** A host sends frames as they are, and goes. */
  async sendFrames(relay: string, host: string, frames: readonly Uint8Array[]): Promise<void> {
    const files = await this.authority.issue({ name: host, role: 'collector', days: 2 });
    const client = await connectClient(this.relays.get(relay)!.mqtt, files, host);
    this.#clients.push(client);
    await client.publishAsync(`fleet/${host}/definitions`, Buffer.from(PAGE.content), { qos: 1 });
    for (const frame of frames) await client.publishAsync(`fleet/${host}/metric`, Buffer.from(frame), { qos: 1 });
    client.end(true);
  }

  /** A host sends a value of each service, at instants that are spread over the window, acknowledged and rolled up. */
  async send(relay: string, host: string, end: number, values: readonly (readonly number[])[]): Promise<void> {
    const step = Math.floor((INTERVAL_MS - 1) / values.length);
    const rows = values.map((row, i) => [end - INTERVAL_MS + 1 + i * step, ...row] as [number, ...number[]]);
    await this.sendFrames(relay, host, [samplesFrame(PAGE, 1, rows)]);
  }

  /** What the core has of the sketches that came to it in this life, by what became of them. */
  async sketches(fate: string, count: number): Promise<void> {
    await until(`${count} sketches ${fate}`, async () => {
      const found = await this.core.metric(`heliograph_core_rollup_sketches_total{fate="${fate}"}`);
      return found === count;
    });
  }

  /** What stands at the window's end over all relays. */
  merged(end: number): Promise<Record<string, number>> {
    return this.core.values('{__name__=~"took_seconds:.*", relay=""}', end);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    for (const relay of this.relays.values()) await relay.kill();
    await this.core?.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
