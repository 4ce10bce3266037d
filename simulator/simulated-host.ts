import { createSecureContext, type SecureContext } from 'node:tls';
import { Ranges } from '../lib/ranges.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import type { PressureLevel } from '../proto/control.ts';
import { encodeGapsBody } from '../proto/gap.ts';
import { hashBytes } from '../proto/hash.ts';
import { LogFrameBuilder } from '../proto/log-columns.ts';
import { decodeControl, encodeStatus } from '../proto/message.ts';
import type { FleetKind } from './fleet-kind.ts';
import { addBodyFrame, addMetricFrame } from './frame-writer.ts';
import { GARBAGE, garbage, NO_DEFINITION, NO_PAGE } from './garbage.ts';
import { type Life, newLife } from './life.ts';
import type { MaskedLines } from './masked-lines.ts';
import { MqttLink } from './mqtt-link.ts';
import type { PublishBatch } from './mqtt-packets.ts';
import { Outbox, type OutgoingFrame } from './outbox.ts';
import { offsetOf, type Schedule, skewOf, timeOf } from './schedule.ts';
import { noteError, type RunStats } from './stats.ts';
import type { HostTruth, LineSpan, StepSpan } from './truth.ts';
import { Job, type Wheel } from './wheel.ts';

/** What the hosts of a process share. */
export interface HostShared {
  readonly schedule: Schedule;
  readonly relay: { readonly host: string; readonly port: number };
  readonly servername: string;
  readonly ca: string;
  readonly instants: number;
  readonly wheel: Wheel;
  readonly batch: PublishBatch;
  readonly lines: MaskedLines;
  readonly stats: RunStats;
  readonly random: () => number;
  readonly version: string;
  readonly compress: (bytes: Uint8Array) => Uint8Array;
  /** ms since the epoch, without steps. */
  readonly now: () => number;
  /** Connects the host soon: not all at one moment. */
  readonly connect: (host: SimulatedHost) => void;
}

const KEEP_ALIVE_S = 60;
const STATUS_MS = 15_000;
const LINES_MS = 1000;
const GARBAGE_MS = 3000;
const RECONNECT_CAP_MS = 20_000;
/** Frames kept while the relay cannot be reached: five minutes at a second, and more at ten. */
const OUTBOX: Readonly<Record<DataClass, number>> = { alert: 64, metric: 720, error: 360, log: 720, debug: 180 };
/** Lines written at once after a pause; the rest a moment later. */
const MOST_LINES = 2000;
const builder = new LogFrameBuilder();

/** One honest host: its own connection, certificate, boots, sequences and definitions; values from the recording. */
export class SimulatedHost {
  readonly number: number;
  readonly name: string;
  readonly #shared: HostShared;
  readonly #kind: FleetKind;
  readonly #certificate: { readonly cert: string; readonly key: string };
  readonly #topics = new Map<string, Buffer>();
  readonly #outboxes: Partial<Record<DataClass, Outbox>> = {};
  readonly #skew: number;
  #secure: SecureContext | undefined;
  #session: Buffer | undefined;
  #link: MqttLink | null = null;
  #open = false;
  #connection = '';
  #attempts = 0;
  #messageId = 0;
  #life: Life;
  readonly #previous = new Map<DataClass, { boot: string; sequence: number }>();
  /** Base rows that frames in the outbox name, and the present ones. */
  #bases: { life: number; step: number; hashes: Uint8Array[] }[] = [];
  /** In a life: sampled, sending or waiting for the network. Between two lives: nothing. */
  #alive = false;
  #stopped = false;
  #ending = false;
  #offlineUntil = 0;
  #comeBackAfter = 0;
  #storming = false;
  #pressure: Partial<Record<DataClass, PressureLevel>> = {};
  // What it has sampled, written, and given up.
  #step = 0;
  #gathered = 0;
  #linesEvery = 0;
  readonly #steps: StepSpan[] = [];
  readonly #lines: LineSpan[] = [];
  readonly #droppedSteps = new Ranges();
  readonly #droppedLines = new Ranges();
  // How it misbehaves.
  slow = false;
  bad = false;
  #garbageSent = 0;
  #garbageOpen = 0;
  #lastWord = 0;
  // What it has in the wheel.
  readonly #sampling = new Job((now) => this.#sampleDue(now));
  readonly #writing = new Job((now) => this.#writeDue(now));
  readonly #status = new Job(() => this.#sayStatus());
  readonly #retry = new Job(() => this.#shared.connect(this));
  readonly #reading = new Job(() => this.#link?.resume());
  readonly #spoiling = new Job(() => this.#spoil());
  readonly #reviving = new Job((now) => this.#revive(now));

  constructor(
    number: number,
    name: string,
    kind: FleetKind,
    certificate: { readonly cert: string; readonly key: string },
    shared: HostShared,
  ) {
    this.number = number;
    this.name = name;
    this.#kind = kind;
    this.#certificate = certificate;
    this.#shared = shared;
    this.#skew = skewOf(shared.schedule, number);
    this.#life = newLife(shared.schedule.seed, number, 0, shared.schedule.startedAt);
  }

  get queued(): number {
    let sum = 0;
    for (const dataClass of DATA_CLASSES) sum += this.#outboxes[dataClass]?.length ?? 0;
    return sum;
  }

  get connected(): boolean {
    return this.#open;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Begins to sample with the next step, and connects. */
  start(now: number): void {
    const { schedule, wheel } = this.#shared;
    this.#alive = true;
    this.#step = Math.max(0, Math.ceil((now - this.#trueTime(0)) / schedule.intervalMs));
    this.#gathered = 0;
    this.#sampling.at = this.#trueTime(this.#step);
    wheel.add(this.#sampling);
    this.#startLines(now);
    this.#shared.connect(this);
  }

  /** A line every so many ms from now on; 0: none. */
  setLines(every: number, now: number): void {
    const wrote = this.#linesEvery > 0;
    this.#linesEvery = every;
    if (!this.#alive) return;
    if (wrote) this.#lines.push(this.#span(now));
    else this.#startLines(now);
  }

  /** Called by the process when it is the host's turn. */
  connect(): void {
    if (this.#stopped || this.#link || !(this.#alive || this.#ending)) return;
    if (this.#shared.now() < this.#offlineUntil) {
      this.#connectAt(this.#offlineUntil + this.#shared.random() * 2000);
      return;
    }
    const { relay, servername, ca, random } = this.#shared;
    this.#connection = random().toString(36).slice(2);
    this.#secure ??= createSecureContext({ ca, ...this.#certificate, minVersion: 'TLSv1.3' });
    const payload = Buffer.from(this.#statusBytes('down'));
    this.#link = new MqttLink(
      {
        ...relay,
        servername,
        secure: this.#secure,
        session: this.#session,
        clientId: this.name,
        keepAliveSeconds: KEEP_ALIVE_S,
        will: { topic: `fleet/${this.name}/status`, payload },
        subscribe: [`fleet/${this.name}/desired`, `fleet/${this.name}/control`],
      },
      {
        onOpen: () => this.#onOpen(),
        onAcknowledged: (messageId) => this.#onAcknowledged(messageId),
        onMessage: (topic, message) => this.#onMessage(topic, message),
        onSession: (session) => {
          this.#session = session;
        },
        onRead: () => this.#onRead(),
        onClose: (reason) => this.#onClose(reason),
      },
    );
  }

  /** The connection breaks, and the host comes back at once: with all others, that is a storm. */
  storm(now: number): void {
    if (!this.#alive || this.#stopped) return;
    this.#storming = true;
    this.#shared.stats.stormPending++;
    if (this.#link) this.#link.drop('storm');
    else this.#connectAt(now);
  }

  /** No network until then: what is sampled meanwhile waits in the outbox. */
  outage(until: number): void {
    this.#offlineUntil = until;
    this.#link?.drop('network lost');
  }

  /** The machine goes down now, and is up again, with a new boot, after `downMs`. */
  restart(now: number, downMs: number): void {
    if (!this.#alive || this.#stopped) return;
    this.#shared.stats.restarts++;
    this.#flushRows();
    this.#alive = false;
    this.#link?.drop('restarted');
    if (this.#storming) this.#stormOver();
    this.#reviving.at = now + downMs;
    this.#shared.wheel.add(this.#reviving);
  }

  /** Starts to send garbage among the good. */
  spoil(now: number): void {
    const before = this.bad;
    this.bad = true;
    if (before) return;
    this.#spoiling.at = now + this.#shared.random() * GARBAGE_MS;
    this.#shared.wheel.add(this.#spoiling);
  }

  /** The last samples are sent; no new ones. */
  end(): void {
    this.#flushRows();
    this.#alive = false;
    this.#ending = true;
    this.bad = false;
    this.#pump();
    // A machine that is down just now comes up once more, for what its disk has.
    if (!this.#link && this.queued > 0) this.#shared.connect(this);
  }

  /** Says a last status and goodbye; `connected` is false when that is done. What is not acknowledged stays so. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const link = this.#link;
    if (!link) return;
    if (!this.#open) {
      link.drop('stopped');
      return;
    }
    // Without it the ledger would go on showing the status of some seconds ago.
    this.#lastWord = this.#publish('status', this.#statusBytes('up'), true);
    this.#flush();
    link.resume();
  }

  /** Ends the connection without waiting for anything. */
  drop(): void {
    this.#stopped = true;
    this.#link?.drop('stopped');
  }

  truth(): HostTruth {
    const steps = new Ranges(this.#droppedSteps.pairs());
    const lines = new Ranges(this.#droppedLines.pairs());
    for (const dataClass of DATA_CLASSES) {
      for (const frame of this.#outboxes[dataClass]?.frames() ?? []) giveUp(frame, steps, lines);
    }
    return {
      number: this.number,
      skew: this.#skew,
      steps: this.#steps,
      lines: this.#lines.filter(({ count }) => count > 0),
      openSteps: steps.pairs(),
      openLines: lines.pairs(),
    };
  }

  // --- sampling and writing

  /** When the machine, whose clock may be wrong, really samples a step. */
  #trueTime(step: number): number {
    const { schedule } = this.#shared;
    return schedule.startedAt + offsetOf(schedule, this.number) + step * schedule.intervalMs;
  }

  #sampleDue(now: number): void {
    if (!this.#alive) return;
    const { schedule, instants, wheel } = this.#shared;
    for (let due = this.#sampling.at; due <= now; due += schedule.intervalMs) {
      this.#gathered++;
      this.#step++;
      if (this.#step % instants === 0 || this.#gathered >= instants) this.#flushRows();
    }
    this.#sampling.at = this.#trueTime(this.#step);
    wheel.add(this.#sampling);
    this.#pump();
  }

  /** The instants gathered so far become a frame. */
  #flushRows(): void {
    const instants = this.#gathered;
    if (instants === 0) return;
    const step = this.#step - instants;
    this.#gathered = 0;
    const life = this.#life.number;
    const last = this.#steps.at(-1);
    if (last && last.life === life && last.to === step - 1) last.to = this.#step - 1;
    else this.#steps.push({ life, from: step, to: this.#step - 1 });
    this.#needBases(step);
    const items = instants * this.#kind.values.count;
    this.#shared.stats.samplesSent += items;
    this.#enqueue('metric', items, { rows: { step, instants }, body: null, lines: [] });
  }

  #startLines(now: number): void {
    if (this.#linesEvery <= 0) return;
    this.#lines.push(this.#span(now));
    this.#writing.at = now + this.#shared.random() * LINES_MS;
    this.#shared.wheel.add(this.#writing);
  }

  #span(now: number): LineSpan {
    const last = this.#lines.at(-1);
    // The first line at a moment of the host's own within the period, so that few lines a host come to the right number over all.
    const start = Math.floor(now) + Math.floor(this.#shared.random() * this.#linesEvery);
    return { first: last ? last.first + last.count : 0, start, every: this.#linesEvery, count: 0 };
  }

  #writeDue(now: number): void {
    const span = this.#lines.at(-1);
    if (!this.#alive || this.#linesEvery <= 0 || !span) return;
    const byClass = new Map<
      DataClass,
      { numbers: number[]; lines: { time: number; line: ReturnType<MaskedLines['line']> }[] }
    >();
    let written = 0;
    for (; written < MOST_LINES; written++) {
      const time = Math.floor(span.start + span.count * span.every);
      if (time > now) break;
      const number = span.first + span.count++;
      const line = this.#shared.lines.line(this.number, number);
      const dataClass = classOf(line.level);
      let entry = byClass.get(dataClass);
      if (!entry) {
        entry = { numbers: [], lines: [] };
        byClass.set(dataClass, entry);
      }
      entry.numbers.push(number);
      entry.lines.push({ time: time + this.#skew, line });
    }
    this.#shared.stats.linesSent += written;
    for (const [dataClass, { numbers, lines }] of byClass) {
      for (const { time, line } of lines) builder.add(time, line.level, line.service, line.message);
      const body = builder.encode(this.#shared.compress).slice();
      this.#enqueue(dataClass, numbers.length, { rows: null, body, lines: numbers });
    }
    this.#writing.at = now + (written === MOST_LINES ? LINES_MS / 10 : LINES_MS);
    this.#shared.wheel.add(this.#writing);
    this.#pump();
  }

  #enqueue(dataClass: DataClass, items: number, what: Pick<OutgoingFrame, 'rows' | 'body' | 'lines'>): void {
    let outbox = this.#outboxes[dataClass];
    if (!outbox) {
      outbox = new Outbox(OUTBOX[dataClass]);
      this.#outboxes[dataClass] = outbox;
    }
    const life = this.#life;
    const sequence = outbox.takeSequence();
    const dropped = outbox.add({
      class: dataClass,
      life,
      sequence,
      // The floor is that of before: the frame itself is not acknowledged.
      floor: Math.min(sequence, outbox.floor(life)),
      created: Math.floor(this.#shared.now() + this.#skew),
      items,
      previous: sequence === 1 ? (this.#previous.get(dataClass) ?? null) : null,
      rows: what.rows,
      body: what.body,
      lines: what.lines,
      messageId: 0,
      sentAt: 0,
    });
    if (dropped.length > 0) this.#declare(dropped);
  }

  /** Nothing is given up silently: the relay is told which frames, and why. */
  #declare(dropped: readonly OutgoingFrame[]): void {
    const { stats } = this.#shared;
    const gaps = dropped.map((frame) => {
      giveUp(frame, this.#droppedSteps, this.#droppedLines);
      if (frame.rows) stats.samplesDropped += frame.items;
      else stats.linesDropped += frame.items;
      const { life, sequence, created, items } = frame;
      const numbers = { from: sequence, to: sequence, frames: 1, items };
      return { boot: life.boot, ...numbers, reason: 'cap', firstTime: created, lastTime: created };
    });
    this.#enqueue(dropped[0]!.class, 0, { rows: null, body: encodeGapsBody(gaps), lines: [] });
  }

  // --- sending

  #pump(): void {
    if (!this.#open || !this.#link) return;
    const { batch, stats } = this.#shared;
    const now = performance.now();
    for (const dataClass of DATA_CLASSES) {
      const outbox = this.#outboxes[dataClass];
      if (!outbox || outbox.length === 0 || this.#pressure[dataClass] === 2) continue;
      for (;;) {
        const frame = outbox.takeReady(this.#nextId, now);
        if (!frame) break;
        stats.framesSent++;
        const topic = this.#topic(dataClass);
        if (frame.rows) {
          const { step } = frame.rows;
          const time = timeOf(this.#shared.schedule, this.number, step);
          addMetricFrame(batch, topic, frame, this.#kind, this.number, time, this.#basesOf(frame));
        } else addBodyFrame(batch, topic, frame);
      }
    }
    this.#flush();
  }

  #flush(): void {
    const { batch, stats } = this.#shared;
    if (batch.length === 0) return;
    const bytes = batch.take();
    stats.bytesSent += bytes.length;
    this.#link?.send(bytes);
  }

  readonly #nextId = (): number => {
    this.#messageId = this.#messageId >= 65_000 ? 1 : this.#messageId + 1;
    return this.#messageId;
  };

  #topic(part: string): Buffer {
    let topic = this.#topics.get(part);
    if (!topic) {
      topic = Buffer.from(part.startsWith('/') ? part.slice(1) : `fleet/${this.name}/${part}`);
      this.#topics.set(part, topic);
    }
    return topic;
  }

  /** Puts a message into the batch; `flush` sends it. */
  #publish(part: string, payload: Uint8Array, retain = false): number {
    const id = this.#nextId();
    this.#shared.batch.add(this.#topic(part), id, payload, retain);
    return id;
  }

  // --- definitions

  #needBases(step: number): void {
    const base = this.#kind.baseStep(step);
    const life = this.#life.number;
    if (this.#bases.some((one) => one.step === base && one.life === life)) return;
    const made = this.#kind.bases(this.number, life, base);
    // Those that no frame names any more are forgotten.
    const named = new Set(
      (this.#outboxes.metric?.frames() ?? []).map(
        ({ life, rows }) => `${life.number}/${rows ? this.#kind.baseStep(rows.step) : ''}`,
      ),
    );
    this.#bases = this.#bases.filter((one) => named.has(`${one.life}/${one.step}`));
    this.#bases.push({ life, step: base, hashes: made.map(({ hash }) => hashBytes(hash)) });
    if (!this.#open) return;
    for (const { bytes } of made) this.#publish('definitions', bytes);
    this.#flush();
  }

  #basesOf(frame: OutgoingFrame): Uint8Array[] {
    const step = this.#kind.baseStep(frame.rows!.step);
    return this.#bases.find((one) => one.step === step && one.life === frame.life.number)!.hashes;
  }

  /** All that the frames in the outbox name; or what of it the relay asks for. */
  #define(wanted: ReadonlySet<string> | null): void {
    const { pages } = this.#kind;
    const lives = new Set([this.#life.number, ...this.#bases.map(({ life }) => life)]);
    for (const life of lives) {
      for (const section of pages.sections.keys()) {
        const page = pages.page(section, life);
        if (wanted === null || wanted.has(page.hash)) this.#publish('definitions', page.bytes);
      }
    }
    for (const { life, step, hashes } of this.#bases) {
      const asked = hashes.some((hash) => wanted?.has(Buffer.from(hash).toString('hex')) ?? true);
      if (!asked) continue;
      for (const { hash, bytes } of this.#kind.bases(this.number, life, step))
        if (wanted === null || wanted.has(hash)) this.#publish('definitions', bytes);
    }
    this.#flush();
  }

  // --- the connection

  #onOpen(): void {
    const { stats } = this.#shared;
    this.#open = true;
    this.#attempts = 0;
    this.#pressure = {};
    stats.connected++;
    if (this.#link!.resumed) stats.resumed++;
    this.#sayStatus();
    this.#define(null);
    this.#pump();
    if (this.#storming && this.queued === 0) this.#stormOver();
  }

  #onAcknowledged(messageId: number): void {
    const { stats } = this.#shared;
    if (messageId === this.#lastWord) {
      this.#link?.end();
      return;
    }
    for (const dataClass of DATA_CLASSES) {
      const frame = this.#outboxes[dataClass]?.acknowledge(messageId);
      if (!frame) continue;
      stats.latencies.add(performance.now() - frame.sentAt);
      if (frame.rows) stats.samplesAcknowledged += frame.items;
      else stats.linesAcknowledged += frame.items;
      if (this.#outboxes[dataClass]!.length > 0) this.#pump();
      if (this.#storming && this.queued === 0) this.#stormOver();
      return;
    }
  }

  #onMessage(topic: string, payload: Uint8Array): void {
    const { stats } = this.#shared;
    if (topic !== `fleet/${this.name}/control`) return;
    const control = decodeControl(Uint8Array.from(payload));
    if (control.need) {
      const known = new Set(control.need);
      // Asked for the page that nobody has: once answered with what is none, so that it is refused.
      if (this.#garbageOpen > 0 && known.has(NO_PAGE)) this.#publish('definitions', NO_DEFINITION);
      this.#define(known);
    }
    if (control.pressure) {
      Object.assign(this.#pressure, control.pressure);
      this.#pump();
    }
    if (control.refused) {
      if (this.#garbageOpen > 0) {
        this.#garbageOpen--;
        stats.garbageRefused++;
      } else {
        stats.framesRefused++;
        noteError(stats, `refused ${control.refused.code}`);
      }
    }
    if (control.comeBackAfterMs) {
      this.#comeBackAfter = control.comeBackAfterMs;
      this.#link?.drop('told to come back later');
    }
  }

  #onRead(): boolean {
    if (!this.slow || this.#stopped || this.#ending) return true;
    // A host that does not look at what it is sent for a while.
    this.#reading.at = this.#shared.now() + 500 + this.#shared.random() * 2500;
    this.#shared.wheel.add(this.#reading);
    return false;
  }

  #onClose(reason: string): void {
    const { stats, random, now } = this.#shared;
    if (this.#open) stats.connected--;
    this.#open = false;
    this.#link = null;
    stats.garbageUnanswered += this.#garbageOpen;
    this.#garbageOpen = 0;
    for (const dataClass of DATA_CLASSES) this.#outboxes[dataClass]?.disconnected();
    if (this.#stopped) return;
    stats.reconnects++;
    if (reason === 'storm') {
      this.#connectAt(now());
      return;
    }
    if (reason !== 'network lost' && reason !== 'restarted' && reason !== 'told to come back later') {
      noteError(stats, reason);
      // A ticket that is not taken any more must not keep the host out.
      if (this.#attempts > 2) this.#session = undefined;
    }
    // Full jitter: anything between nothing and the cap of this attempt.
    const cap = Math.min(RECONNECT_CAP_MS, 500 * 2 ** Math.min(10, this.#attempts++));
    this.#connectAt(now() + this.#comeBackAfter + random() * cap);
    this.#comeBackAfter = 0;
  }

  #connectAt(at: number): void {
    this.#retry.at = at;
    this.#shared.wheel.add(this.#retry);
  }

  #stormOver(): void {
    this.#storming = false;
    this.#shared.stats.stormPending--;
  }

  #revive(now: number): void {
    if (this.#stopped || this.#ending) return;
    const { schedule } = this.#shared;
    for (const dataClass of DATA_CLASSES) {
      const last = this.#outboxes[dataClass]?.newLife() ?? 0;
      this.#previous.set(dataClass, { boot: this.#life.boot, sequence: last });
    }
    this.#life = newLife(schedule.seed, this.number, this.#life.number + 1, schedule.startedAt);
    this.#session = undefined;
    this.start(now);
  }

  #spoil(): void {
    if (!this.bad || this.#stopped) return;
    this.#spoiling.at = this.#shared.now() + GARBAGE_MS;
    this.#shared.wheel.add(this.#spoiling);
    if (!this.#open) return;
    const what = GARBAGE[this.#garbageSent % GARBAGE.length]!;
    const { topic, payload } = garbage(what, this.#life.boot, this.#garbageSent, this.#shared.now() + this.#skew);
    this.#garbageSent++;
    this.#garbageOpen++;
    this.#shared.stats.garbageSent++;
    this.#publish(topic, payload);
    this.#flush();
  }

  #sayStatus(): void {
    if (!this.#open || this.#stopped) return;
    this.#publish('status', this.#statusBytes('up'), true);
    this.#flush();
    this.#status.at = this.#shared.now() + STATUS_MS;
    this.#shared.wheel.add(this.#status);
  }

  #statusBytes(state: 'up' | 'down'): Uint8Array {
    const { now, version } = this.#shared;
    const time = Math.floor(now() + this.#skew);
    const about = { connection: this.#connection, boot: this.#life.boot, time, version, profile: 'simulated' };
    if (state === 'down') return encodeStatus({ state, ...about, series: 0, classes: {}, ledger: null, sources: {} });
    const used = DATA_CLASSES.flatMap((dataClass) => {
      const outbox = this.#outboxes[dataClass];
      return outbox ? [{ dataClass, outbox }] : [];
    });
    const entries = used.map(({ dataClass, outbox }) => outbox.ledgerEntry(dataClass));
    const classes = Object.fromEntries(used.map(({ dataClass, outbox }) => [dataClass, outbox.status(this.#life)]));
    const ledger = { version: 1, tier: 'collector', name: this.name, time, entries } as const;
    return encodeStatus({ state, ...about, series: this.#kind.values.count, classes, ledger, sources: {} });
  }
}

function classOf(level: string): DataClass {
  if (level === 'error' || level === 'fatal') return 'error';
  return level === 'debug' || level === 'trace' ? 'debug' : 'log';
}

function giveUp(frame: OutgoingFrame, steps: Ranges, lines: Ranges): void {
  if (frame.rows) steps.addRange(frame.rows.step, frame.rows.step + frame.rows.instants - 1);
  for (const number of frame.lines) lines.add(number);
}
