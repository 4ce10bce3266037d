import type { Uplink } from '../collector/core/host.ts';
import type { Clock } from '../lib/clock.ts';
import { encodeBase } from '../proto/base.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { ColumnEncoder } from '../proto/columns.ts';
import { encodeFrame, type FrameKind } from '../proto/frame.ts';
import { type Hash, hashOf, makeBoot } from '../proto/hash.ts';
import { LogFrameBuilder } from '../proto/log-columns.ts';
import { decodeControl, encodeStatus } from '../proto/message.ts';
import { encodeMetricsBody } from '../proto/metrics-body.ts';
import { type SimulatedPage, sha256 } from './definitions.ts';
import { simulatedLine } from './log-lines.ts';
import { Outbox } from './outbox.ts';
import { noteError, noteLatency, type RunStats } from './stats.ts';
import type { HostTruth, SentLine } from './truth.ts';
import type { SimulatedValues } from './values.ts';

export interface SimulatedHostOptions {
  readonly name: string;
  readonly number: number;
  readonly relay: { readonly host: string; readonly port: number };
  readonly newUplink: () => Uplink;
  readonly pages: readonly SimulatedPage[];
  readonly values: SimulatedValues;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stats: RunStats;
  readonly version: string;
  readonly compress: (bytes: Uint8Array) => Uint8Array;
}

const KEEP_ALIVE_S = 30;
const STATUS_MS = 15_000;
const RECONNECT_CAP_MS = 20_000;
/** A new base row after this many samplings; 30 at 10 s are five minutes. */
const BASE_STEPS = 30;

/** One honest host: its own connection, certificate, boot, sequences and definitions; values from the recording. */
export class SimulatedHost {
  readonly truth: HostTruth;
  readonly #options: SimulatedHostOptions;
  readonly #boot: string;
  readonly #outboxes: Record<DataClass, Outbox>;
  readonly #encoder = new ColumnEncoder();
  readonly #row: Float64Array;
  /** Definitions that unacknowledged or future frames name. */
  readonly #definitions = new Map<Hash, Uint8Array>();
  #bases: { hash: Hash; values: Float64Array; page: SimulatedPage }[] = [];
  #uplink: Uplink | null = null;
  #open = false;
  #attempts = 0;
  #stopped = false;
  #retry: NodeJS.Timeout | undefined;
  #step = 0;
  #line = 0;
  #comeBackAfter = 0;
  #connection = '';
  #statusAt = 0;

  constructor(options: SimulatedHostOptions) {
    this.#options = options;
    this.truth = { host: options.name, number: options.number, rows: [], lines: [] };
    const random = Uint8Array.from({ length: 8 }, () => Math.floor(options.random() * 256));
    this.#boot = makeBoot(Math.floor(options.clock.now() / 1000) >>> 0, random);
    this.#outboxes = Object.fromEntries(DATA_CLASSES.map((name) => [name, new Outbox()])) as Record<DataClass, Outbox>;
    this.#row = new Float64Array(options.values.series.length);
    for (const page of options.pages) this.#definitions.set(page.hash, page.bytes);
  }

  get queued(): number {
    return DATA_CLASSES.reduce((sum, name) => sum + this.#outboxes[name].length, 0);
  }

  connect(): void {
    if (this.#stopped) return;
    const { name, relay, stats } = this.#options;
    const uplink = this.#options.newUplink();
    this.#connection = this.#options.random().toString(36).slice(2);
    this.#uplink = uplink;
    uplink.connect(
      {
        relay,
        clientId: name,
        keepAliveSeconds: KEEP_ALIVE_S,
        lastWill: { topic: `fleet/${name}/status`, payload: this.#status('down'), retain: true },
        subscribe: [`fleet/${name}/desired`, `fleet/${name}/control`],
      },
      {
        onOpen: () => {
          this.#open = true;
          this.#attempts = 0;
          stats.connected++;
          this.#sayStatus();
          for (const bytes of this.#definitions.values()) this.#publish(`fleet/${name}/definitions`, bytes);
          this.#pump();
        },
        onMessage: (topic, payload) => this.#onMessage(topic, payload),
        onClose: (reason) => this.#onClose(reason),
      },
    );
  }

  /** Samples all series once and publishes them. */
  sample(time: number): void {
    const { values, number, stats } = this.#options;
    const step = this.#step++;
    values.row(number, step, this.#row);
    if (step % BASE_STEPS === 0) this.#renewBases();
    const times = Float64Array.of(time);
    const sections = this.#bases.map(({ hash, values: base, page }) => ({
      page: page.hash,
      base: hash,
      columns: this.#encoder.encode(page.columns.length, times, pick(this.#row, page.columns), null, base).slice(),
    }));
    const sent = { step, time, acknowledged: false };
    this.truth.rows.push(sent);
    stats.samplesSent += this.#row.length;
    if (time - this.#statusAt > STATUS_MS) this.#sayStatus();
    this.#enqueue('metric', 'metrics', this.#row.length, encodeMetricsBody(sections), () => {
      sent.acknowledged = true;
      stats.samplesAcknowledged += this.#row.length;
    });
  }

  /** Writes the next `count` log lines, a frame for each class among them. */
  log(time: number, count: number): void {
    const { number, stats, compress } = this.#options;
    const byClass = new Map<DataClass, SentLine[]>();
    for (let i = 0; i < count; i++) {
      const line = { ...simulatedLine(number, this.#line), number: this.#line++, time, acknowledged: false };
      this.truth.lines.push(line);
      const dataClass = line.level === 'error' ? 'error' : line.level === 'debug' ? 'debug' : 'log';
      byClass.set(dataClass, [...(byClass.get(dataClass) ?? []), line]);
    }
    stats.linesSent += count;
    for (const [dataClass, lines] of byClass) {
      const builder = new LogFrameBuilder();
      for (const line of lines) builder.add(line.time, line.level, line.service, line.message, {});
      this.#enqueue(dataClass, 'logs', lines.length, builder.encode(compress), () => {
        for (const line of lines) line.acknowledged = true;
        stats.linesAcknowledged += lines.length;
      });
    }
  }

  /** Closes the connection in good order; what is not acknowledged stays so. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    const uplink = this.#uplink;
    if (!uplink) return;
    if (this.#open) {
      // The last word of the run: without it the ledger would go on showing the status of some seconds ago.
      const topic = `fleet/${this.#options.name}/status`;
      await new Promise<void>((resolve) =>
        uplink.publish(topic, this.#status('up'), { retain: true }, () => resolve()),
      );
    }
    await new Promise<void>((resolve) => uplink.close(resolve));
  }

  #enqueue(dataClass: DataClass, kind: FrameKind, count: number, body: Uint8Array, acknowledged: () => void): void {
    const outbox = this.#outboxes[dataClass];
    const floor = outbox.floor();
    const sequence = outbox.takeSequence();
    const header = {
      class: dataClass,
      boot: this.#boot,
      sequence,
      floor,
      created: this.#options.clock.now(),
      count,
      previous: null,
      kind,
    };
    outbox.add({ class: dataClass, sequence, items: count, bytes: encodeFrame(header, body), acknowledged });
    this.#pump();
  }

  #pump(): void {
    const uplink = this.#uplink;
    if (!this.#open || !uplink) return;
    const { name, stats, clock } = this.#options;
    for (const dataClass of DATA_CLASSES) {
      const outbox = this.#outboxes[dataClass];
      for (const frame of outbox.ready()) {
        const began = clock.mono();
        uplink.publish(`fleet/${name}/${dataClass}`, frame.bytes, { retain: false }, (error) => {
          if (error !== null || this.#uplink !== uplink) return;
          noteLatency(stats, clock.mono() - began);
          outbox.acknowledge(frame.sequence);
          this.#pump();
        });
      }
    }
  }

  #renewBases(): void {
    const { name, pages } = this.#options;
    // The old bases stay known until the frames that name them are acknowledged; with a floor per boot that is: soon.
    const old = this.#outboxes.metric.length === 0 ? this.#bases.map((base) => base.hash) : [];
    this.#bases = pages.map((page) => {
      const values = pick(this.#row, page.columns);
      const bytes = encodeBase(page.hash, values, values.length);
      const hash = hashOf(bytes, sha256);
      this.#definitions.set(hash, bytes);
      if (this.#open) this.#publish(`fleet/${name}/definitions`, bytes);
      return { hash, values, page };
    });
    for (const hash of old) if (!this.#bases.some((base) => base.hash === hash)) this.#definitions.delete(hash);
  }

  #onMessage(topic: string, payload: Uint8Array): void {
    const { name, stats } = this.#options;
    if (topic !== `fleet/${name}/control`) return;
    const control = decodeControl(payload);
    for (const hash of control.need ?? []) {
      const bytes = this.#definitions.get(hash);
      if (bytes) this.#publish(`fleet/${name}/definitions`, bytes);
    }
    if (control.refused) {
      stats.framesRefused++;
      noteError(stats, `refused ${control.refused.code}`);
    }
    if (control.comeBackAfterMs) {
      this.#comeBackAfter = control.comeBackAfterMs;
      this.#uplink?.close(() => undefined);
    }
  }

  #onClose(reason: string): void {
    const { stats, random } = this.#options;
    if (this.#open) stats.connected--;
    this.#open = false;
    this.#uplink = null;
    for (const dataClass of DATA_CLASSES) this.#outboxes[dataClass].disconnected();
    if (this.#stopped) return;
    noteError(stats, reason);
    stats.reconnects++;
    // Full jitter: anything between nothing and the cap of this attempt.
    const cap = Math.min(RECONNECT_CAP_MS, 500 * 2 ** Math.min(10, this.#attempts++));
    this.#retry = setTimeout(() => this.connect(), this.#comeBackAfter + random() * cap);
    this.#comeBackAfter = 0;
  }

  #sayStatus(): void {
    this.#statusAt = this.#options.clock.now();
    if (this.#open) this.#publish(`fleet/${this.#options.name}/status`, this.#status('up'), true);
  }

  #publish(topic: string, payload: Uint8Array, retain = false): void {
    this.#uplink?.publish(topic, payload, { retain }, (error) => {
      if (error !== null && !this.#stopped) noteError(this.#options.stats, `publish ${topic.split('/')[2]}: ${error}`);
    });
  }

  #status(state: 'up' | 'down'): Uint8Array {
    const { clock, name, version, values } = this.#options;
    const entries = DATA_CLASSES.map((dataClass) => this.#outboxes[dataClass].ledgerEntry(dataClass));
    return encodeStatus({
      state,
      connection: this.#connection,
      boot: this.#boot,
      time: clock.now(),
      version,
      profile: 'simulated',
      series: values.series.length,
      classes: Object.fromEntries(DATA_CLASSES.map((name) => [name, this.#outboxes[name].status()])),
      ledger: { version: 1, tier: 'collector', name, time: clock.now(), entries },
      sources: {},
    });
  }
}

function pick(row: Float64Array, columns: Int32Array): Float64Array {
  const out = new Float64Array(columns.length);
  for (let i = 0; i < columns.length; i++) out[i] = row[columns[i]!]!;
  return out;
}
