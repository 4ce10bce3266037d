import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { type Authority, type CertificateFiles, createAuthority } from '../../lib/certificates/authority.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { silentLog } from '../../lib/log.ts';
import { encodeBase } from '../../proto/base.ts';
import type { DataClass } from '../../proto/class.ts';
import { ColumnEncoder } from '../../proto/columns.ts';
import { type Control, decodeControl } from '../../proto/control.ts';
import { encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame, type FrameHeader } from '../../proto/frame.ts';
import { encodeGapsBody, type Gap } from '../../proto/gap.ts';
import { hashOf, makeBoot } from '../../proto/hash.ts';
import { encodeMetricsBody } from '../../proto/metrics-body.ts';
import { encodePage } from '../../proto/page.ts';
import { encodeStatus, type Status } from '../../proto/status.ts';
import { relayConfig } from '../../relay/config.ts';
import { type Relay, type RelayDeps, startRelay } from '../../relay/start.ts';
import { IngestCore } from '../support/ingest-core.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** A certificate authority, a core and a relay in a temporary folder; everything real, on ephemeral ports. */
export class Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'relay-'));
  core = new IngestCore();
  relay!: Relay;
  authority!: Authority;
  readonly #clients: MqttClient[] = [];
  #core!: CertificateFiles;
  #corePort = 0;

  async open(settings: Record<string, unknown> = {}, deps: Partial<RelayDeps> = {}): Promise<this> {
    this.authority = await createAuthority(join(this.directory, 'ca'), Date.now());
    this.#core = await this.issue('core1', 'core');
    await this.issue('relay1', 'relay');
    await this.startCore();
    await this.startRelay(settings, deps);
    return this;
  }

  issue(name: string, role: 'collector' | 'relay' | 'core', days = 30): Promise<CertificateFiles> {
    return this.authority.issue({
      name,
      role,
      days,
      ...(role === 'collector' ? {} : { hosts: ['127.0.0.1', 'localhost'] }),
    });
  }

  /** On the same port as before. */
  async startCore(): Promise<void> {
    await this.core.listen(this.#core, this.#corePort);
    this.#corePort = this.core.port;
  }

  async stopCore(): Promise<void> {
    await this.core.close();
    const { frames, answer } = this.core;
    this.core = new IngestCore();
    this.core.frames.push(...frames);
    this.core.answer = answer;
  }

  async startRelay(settings: Record<string, unknown> = {}, deps: Partial<RelayDeps> = {}): Promise<void> {
    const ca = this.authority.directory;
    const config = parseConfig(
      'test.yaml',
      JSON.stringify({
        name: 'relay1',
        site: 'north',
        dataDir: join(this.directory, 'relay'),
        mqtt: { listen: '127.0.0.1:0' },
        http: { listen: '127.0.0.1:0' },
        tls: {
          ca: `${ca}/ca.pem`,
          cert: `${ca}/relay1.pem`,
          key: `${ca}/relay1.key`,
          revoked: `${ca}/revoked.txt`,
          check: '50ms',
        },
        cores: [`127.0.0.1:${this.#corePort}`],
        lossGrace: '200ms',
        ...settings,
      }),
      relayConfig,
    );
    this.relay = await startRelay(config, { log: silentLog, clock: systemClock, random: () => 0.5, ...deps });
  }

  /** Connects as a host; `sub` subscribes to what comes down. */
  async connect(name: string, options: Partial<IClientOptions> = {}): Promise<Host> {
    const files = await this.issue(name, 'collector');
    return this.connectWith(files, name, options);
  }

  async connectWith(files: CertificateFiles, name: string, options: Partial<IClientOptions> = {}): Promise<Host> {
    const client = await connectClient(this.relay.addresses.mqtt, files, name, options);
    this.#clients.push(client);
    return new Host(name, client);
  }

  async page(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.relay.addresses.http}${path}`)).text();
  }

  async ledger(dataClass: DataClass) {
    const ledger = JSON.parse(await this.page('/ledger.json'));
    return ledger.entries.find((entry: { class: string }) => entry.class === dataClass);
  }

  /** The value of a metric, with its labels as they are written; 0 if it is not there. */
  async metric(name: string): Promise<number> {
    const line = (await this.page('/metrics')).split('\n').find((text) => text.startsWith(`${name} `));
    return line ? Number(line.slice(name.length + 1)) : 0;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    await this.relay.close();
    await this.core.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One connected host. */
export class Host {
  readonly name: string;
  readonly client: MqttClient;
  readonly controls: Control[] = [];
  readonly desired: { text: string; retain: boolean }[] = [];
  closed = false;

  constructor(name: string, client: MqttClient) {
    this.name = name;
    this.client = client;
    client.on('message', (topic, payload, packet) => {
      if (topic.endsWith('/control')) this.controls.push(decodeControl(payload));
      else this.desired.push({ text: payload.toString(), retain: packet.retain });
    });
    client.on('close', () => {
      this.closed = true;
    });
  }

  async listen(): Promise<void> {
    await this.client.subscribeAsync([`fleet/${this.name}/control`, `fleet/${this.name}/desired`], { qos: 1 });
  }

  /** Resolves at the PUBACK. */
  publish(part: string, payload: Uint8Array): Promise<unknown> {
    return this.client.publishAsync(`fleet/${this.name}/${part}`, Buffer.from(payload), { qos: 1 });
  }
}

export const BOOT = makeBoot(7, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));

export function header(sequence: number, more: Partial<FrameHeader> = {}): FrameHeader {
  return {
    class: 'alert',
    boot: BOOT,
    sequence,
    floor: 1,
    created: Date.now(),
    count: 1,
    previous: null,
    kind: 'events',
    ...more,
  };
}

/** A frame of one event; any class may carry it as far as a relay is concerned. */
export function eventFrame(sequence: number, more: Partial<FrameHeader> = {}, host = 'h1'): Uint8Array {
  const body = encodeEventsBody([{ time: 1_790_000_000_000, type: 'test', host, facts: { sequence } }]);
  return encodeFrame(header(sequence, more), body);
}

export function gapFrame(sequence: number, gaps: readonly Gap[], more: Partial<FrameHeader> = {}): Uint8Array {
  return encodeFrame(header(sequence, { kind: 'gap', count: 0, ...more }), encodeGapsBody(gaps));
}

/** A page of `series` series and a base row of it. */
export function definitions(
  series: number,
  seed = 'x',
): { page: Uint8Array; base: Uint8Array; pageHash: string; baseHash: string } {
  const page = encodePage(
    Array.from({ length: series }, (_, i) => ({ name: `m_${seed}_${String(i).padStart(4, '0')}`, labels: [] })),
  );
  const pageHash = hashOf(page, sha256);
  const base = encodeBase(
    pageHash,
    Float64Array.from({ length: series }, (_, i) => i),
    series,
  );
  return { page, base, pageHash, baseHash: hashOf(base, sha256) };
}

export function metricFrame(
  sequence: number,
  defs: ReturnType<typeof definitions>,
  series: number,
  more: Partial<FrameHeader> = {},
): Uint8Array {
  const base = Float64Array.from({ length: series }, (_, i) => i);
  const values = Float64Array.from({ length: series }, (_, i) => i + sequence);
  const columns = new ColumnEncoder().encode(
    series,
    Float64Array.of(1_790_000_000_000 + sequence * 1000),
    values,
    null,
    base,
  );
  const body = encodeMetricsBody([{ page: defs.pageHash, base: defs.baseHash, columns }]);
  return encodeFrame(header(sequence, { class: 'metric', kind: 'metrics', count: series, ...more }), body);
}

export function statusMessage(more: Partial<Status> = {}): Uint8Array {
  return encodeStatus({
    state: 'up',
    connection: 'c1',
    boot: BOOT,
    time: Date.now(),
    version: '0.1.0',
    profile: 'test',
    series: 0,
    classes: {},
    ledger: null,
    sources: {},
    ...more,
  });
}

/** Says CONNECT as a host does, once. Rejects when it is refused. */
export async function connectClient(
  port: number,
  files: CertificateFiles,
  name: string,
  options: Partial<IClientOptions> = {},
  url = `mqtts://127.0.0.1:${port}`,
): Promise<MqttClient> {
  const client = await connectAsync(
    url,
    {
      clientId: name,
      ca: readFileSync(files.ca),
      cert: readFileSync(files.cert),
      key: readFileSync(files.key),
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: 5000,
      keepalive: 30,
      ...options,
    },
    false,
  );
  client.on('error', () => undefined);
  return client;
}
