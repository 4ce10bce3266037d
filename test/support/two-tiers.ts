import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import type { LedgerEntry } from '../../lib/ledger.ts';
import { silentLog } from '../../lib/log.ts';
import type { BlockEntry } from '../../proto/block.ts';
import type { DataClass } from '../../proto/class.ts';
import { type Control, decodeControl } from '../../proto/control.ts';
import { relayConfig } from '../../relay/config.ts';
import { type Relay, startRelay } from '../../relay/start.ts';
import { TestCore } from './core/core.ts';
import { openPacedStores, type PacedStores } from './paced-stores.ts';

/** A real relay before a real core in this process, in a temporary folder; the core's stores can be slowed and stopped. */
export class TwoTiers {
  readonly core: TestCore;
  readonly paced: PacedStores;
  readonly relay: Relay;
  readonly #clients: MqttClient[] = [];

  private constructor(core: TestCore, paced: PacedStores, relay: Relay) {
    this.core = core;
    this.paced = paced;
    this.relay = relay;
  }

  static async open(settings: { core: object; relay: object }): Promise<TwoTiers> {
    const core = await TestCore.make();
    const paced = await openPacedStores({ ...core.config, ...settings.core });
    await core.start(settings.core, { stores: paced.stores });
    const { ca, cert, key } = await core.issue('relay-1', 'relay');
    const config = parseConfig(
      'test.yaml',
      JSON.stringify({
        name: 'relay-1',
        site: 'north',
        dataDir: join(core.directory, 'relay'),
        mqtt: { listen: '127.0.0.1:0' },
        http: { listen: '127.0.0.1:0' },
        tls: { ca, cert, key },
        cores: [`127.0.0.1:${core.port}`],
        ...settings.relay,
      }),
      relayConfig,
    );
    return new TwoTiers(core, paced, await startRelay(config, { log: silentLog, clock: systemClock }));
  }

  /** A host that sends whatever it is given, and never heeds pressure. */
  async connect(name: string): Promise<RudeHost> {
    const { ca, cert, key } = await this.core.issue(name, 'collector');
    const client = await connectAsync(`mqtts://127.0.0.1:${this.relay.addresses.mqtt}`, {
      clientId: name,
      servername: 'localhost',
      ca: readFileSync(ca),
      cert: readFileSync(cert),
      key: readFileSync(key),
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
    });
    this.#clients.push(client);
    const host = new RudeHost(name, client);
    await client.subscribeAsync([`fleet/${name}/control`, `fleet/${name}/desired`], { qos: 1 });
    return host;
  }

  async relayPage(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.relay.addresses.http}${path}`)).text();
  }

  async relayLedger(dataClass: DataClass): Promise<LedgerEntry> {
    const { entries } = JSON.parse(await this.relayPage('/ledger.json')) as { entries: LedgerEntry[] };
    return entries.find((entry) => entry.class === dataClass)!;
  }

  async close(): Promise<void> {
    this.paced.gone = false;
    this.paced.linesPerSecond = Number.POSITIVE_INFINITY;
    for (const client of this.#clients) client.end(true);
    await this.relay.close();
    await this.core.remove();
  }
}

export class RudeHost {
  readonly name: string;
  readonly controls: Control[] = [];
  /** What was wanted of it, as it came. */
  readonly desired: Uint8Array[] = [];
  readonly #client: MqttClient;

  constructor(name: string, client: MqttClient) {
    this.name = name;
    this.#client = client;
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => {
      if (topic.endsWith('/desired')) this.desired.push(new Uint8Array(payload));
      else this.controls.push(decodeControl(payload));
    });
  }

  /** Resolves at the PUBACK. */
  async send(dataClass: DataClass, entry: BlockEntry): Promise<void> {
    await this.#client.publishAsync(`fleet/${this.name}/${dataClass}`, Buffer.from(entry.frame), { qos: 1 });
  }

  async define(content: Uint8Array): Promise<void> {
    await this.#client.publishAsync(`fleet/${this.name}/definitions`, Buffer.from(content), { qos: 1 });
  }
}
