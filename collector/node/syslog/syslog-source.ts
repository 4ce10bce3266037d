import type { LineItem } from '../../../lib/ingest/batch.ts';
import type { FrameFlaw } from '../../../lib/ingest/syslog/framing.ts';
import { SyslogLines } from '../../../lib/ingest/syslog/line.ts';
import { SEVERITIES } from '../../../lib/ingest/syslog/priority.ts';
import { readSyslog } from '../../../lib/ingest/syslog/read.ts';
import { zoneOffset } from '../../../lib/ingest/syslog/zone.ts';
import type { Host } from '../../core/host.ts';
import { LEVEL_OF_SEVERITY } from '../../core/kernel/severity.ts';
import type { LabelledFigure, LineSource } from '../../core/logs/line-source.ts';
import { RecordBatch, sourceIdentity } from '../../core/logs/record-batch.ts';
import type { LineConsumer } from '../../core/tail/contract.ts';
import { newFileId } from '../../core/tail/identity.ts';
import type { FilePosition } from '../../core/tail/positions.ts';
import type { CollectorSyslogConfig } from '../logs/syslog-config.ts';
import { Senders } from './senders.ts';

export type Transport = 'udp' | 'tcp' | 'tls';

/** What is listened at, while it is. */
export interface SyslogListeners {
  readonly ports: Readonly<Record<Transport, number>>;
  /** There is room for more, or there is none. */
  setReading(reading: boolean): void;
  /** Datagrams that the system dropped so far. */
  kernelDropped(): number;
  refused(): number;
  /** Nothing is taken any more; what connections had of a message has come. */
  close(): Promise<void>;
}

/** A device whose clock is further off gets the time of arrival. */
const TIMES = { retentionMs: 30 * 86_400_000, futureMs: 3_600_000 };
/** What a line takes beside its text and its fields. */
const LINE_BYTES = 200;
const BATCH_BYTES = 256 * 1024;
/** There is room again when so much of what may wait does. */
const ROOM = 0.5;
const CLOSE_MS = 2_000;
/** What had no room is declared together. */
const DECLARE_MS = 10_000;

/** Lines of syslog messages of the gear around, on their way into the spool. Nothing is sent again in syslog: what waits is lost in a crash. */
export class SyslogSource implements LineSource {
  readonly name = 'syslog';
  readonly #host: Host;
  readonly #config: CollectorSyslogConfig;
  readonly #offset: NonNullable<ReturnType<typeof zoneOffset>>;
  readonly #lines = new SyslogLines(TIMES);
  readonly #senders = new Senders();
  readonly #identity;
  readonly #ready: {
    readonly batch: RecordBatch;
    readonly bytes: number;
    readonly from: number;
    readonly to: number;
  }[] = [];
  readonly #stats = { messages: 0, bytes: 0, dropped: 0, notAllowed: 0, odd: 0, pauses: 0, lost: 0 };
  #batch: RecordBatch;
  #batchBytes = 0;
  #from = 0;
  #next = 0;
  #waitingBytes = 0;
  #full = false;
  #out = false;
  #timer = 0;
  /** Messages without room that are not declared yet. */
  #undeclared = 0;
  #declaring: number | null = null;
  #consumer: LineConsumer | null = null;
  #listeners: SyslogListeners | null = null;
  #idle: (() => void) | null = null;

  constructor(host: Host, config: CollectorSyslogConfig) {
    this.#host = host;
    this.#config = config;
    this.#offset = zoneOffset(config.zone)!;
    this.#batch = new RecordBatch(config.level, BATCH_BYTES + config.maxMessageBytes);
    this.#identity = sourceIdentity(`syslog:${newFileId(host)}`, 'syslog');
  }

  get ports(): SyslogListeners['ports'] {
    return this.#listeners!.ports;
  }

  /** Whether a message that comes now has no room. */
  get full(): boolean {
    return this.#full;
  }

  listens(listeners: SyslogListeners): void {
    this.#listeners = listeners;
  }

  start(consumer: LineConsumer, positions: readonly FilePosition[]): void {
    // Nothing goes on from there: what came to an earlier process came to it.
    for (const { file } of positions) consumer.closed(file);
    this.#consumer = consumer;
    consumer.opened(this.#identity, 0);
    this.#deliver();
  }

  /** A message that is not read any further, because of who sent it or because there is no room. */
  drop(address: string, why: 'not_allowed' | 'waiting'): void {
    if (why === 'not_allowed') this.#stats.notAllowed++;
    else {
      this.#stats.dropped++;
      this.#senders.of(address).dropped++;
      this.#undeclared++;
      this.#declaring ??= this.#host.timer(() => this.#declareDropped(), DECLARE_MS);
    }
  }

  /** The message bytes[from, to); keeps none of the bytes. */
  take(bytes: Buffer, from: number, to: number, flaw: FrameFlaw, address: string): void {
    const now = this.#host.now();
    const message = readSyslog(bytes, from, to, { now, offset: this.#offset });
    const text = bytes.subarray(message.from, message.to);
    const origin = { host: '', address, cut: flaw === 'too_long' || flaw === 'torn' };
    const line = this.#lines.line(0, message, text, origin, now);
    if (flaw !== '' || message.flaw !== '') this.#stats.odd++;
    this.#stats.messages++;
    this.#stats.bytes += to - from;
    const sender = this.#senders.of(address);
    sender.messages++;
    sender.bytes += to - from;
    if (this.#batch.full(text.length)) this.#close();
    this.#batch.add({ place: this.#next++, ...said(line) }, text);
    const size = text.length + this.#lines.ownUnits + LINE_BYTES;
    this.#batchBytes += size;
    this.#waitingBytes += size;
    if (this.#waitingBytes >= this.#config.waitingBytes && !this.#full) {
      this.#full = true;
      this.#stats.pauses++;
      this.#listeners?.setReading(false);
    }
    if (this.#batchBytes >= Math.min(BATCH_BYTES, this.#config.waitingBytes / 4)) this.#close();
    else if (this.#timer === 0) this.#timer = this.#host.timer(() => this.#close(), this.#config.linger);
  }

  async stop(): Promise<void> {
    await this.#listeners?.close();
    this.#declareDropped();
    this.#close();
    if (!this.#out && this.#ready.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      // A spool that takes nothing must not keep the process.
      this.#host.timer(resolve, CLOSE_MS);
    });
    let lost = 0;
    for (const { batch } of this.#ready.splice(0)) lost += batch.count;
    this.#stats.lost += lost;
    this.#declare('closed', lost);
  }

  #declareDropped(): void {
    if (this.#declaring !== null) this.#host.cancel(this.#declaring);
    this.#declaring = null;
    const lines = this.#undeclared;
    this.#undeclared = 0;
    this.#declare('no_room', lines);
  }

  #declare(reason: 'no_room' | 'closed', lines: number): void {
    if (lines === 0) return;
    const meanLineBytes = Math.max(1, this.#stats.bytes / Math.max(1, this.#stats.messages));
    const bytes = Math.round(lines * meanLineBytes);
    this.#consumer?.lost?.({ file: this.#identity, offset: this.#next, bytes, lines, reason, meanLineBytes });
  }

  figures(): Readonly<Record<string, number>> {
    const { messages, bytes, dropped, notAllowed, odd, pauses, lost } = this.#stats;
    return {
      syslog_messages_total: messages,
      syslog_bytes_total: bytes,
      syslog_dropped_total: dropped + lost,
      syslog_kernel_dropped_total: this.#listeners?.kernelDropped() ?? 0,
      syslog_not_allowed_total: notAllowed,
      syslog_refused_connections_total: this.#listeners?.refused() ?? 0,
      syslog_odd_total: odd,
      syslog_pauses_total: pauses,
      syslog_waiting_bytes: this.#waitingBytes,
    };
  }

  *labelled(): Iterable<LabelledFigure> {
    for (const [sender, { messages, bytes, dropped }] of this.#senders.all()) {
      yield { name: 'syslog_sender_messages_total', labels: ['sender', sender], value: messages };
      yield { name: 'syslog_sender_bytes_total', labels: ['sender', sender], value: bytes };
      yield { name: 'syslog_sender_dropped_total', labels: ['sender', sender], value: dropped };
    }
  }

  #close(): void {
    if (this.#timer !== 0) this.#host.cancel(this.#timer);
    this.#timer = 0;
    if (this.#batch.count > 0) {
      this.#ready.push({ batch: this.#batch, bytes: this.#batchBytes, from: this.#from, to: this.#next });
      this.#batch = new RecordBatch(this.#config.level, BATCH_BYTES + this.#config.maxMessageBytes);
      this.#batchBytes = 0;
      this.#from = this.#next;
    }
    this.#deliver();
  }

  #deliver(): void {
    if (this.#consumer === null || this.#out) return;
    const next = this.#ready.shift();
    if (next === undefined) {
      this.#idle?.();
      return;
    }
    this.#out = true;
    this.#consumer.take(next.batch.batch(this.#identity, next.from, next.to, null), () => {
      this.#out = false;
      this.#waitingBytes -= next.bytes;
      if (this.#full && this.#waitingBytes < this.#config.waitingBytes * ROOM) {
        this.#full = false;
        this.#listeners?.setReading(true);
      }
      this.#deliver();
    });
  }
}

function said({ time, level, service, fields }: LineItem) {
  const severity = SEVERITIES.indexOf(level);
  return {
    time,
    level: severity < 0 ? null : LEVEL_OF_SEVERITY[severity]!,
    service: service || 'syslog',
    fields,
  };
}
