import { FACILITIES, SEVERITIES } from '../../../lib/ingest/syslog/priority.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { Host } from '../host.ts';
import type { LineSource } from '../logs/line-source.ts';
import { RecordBatch, sourceIdentity } from '../logs/record-batch.ts';
import type { LineConsumer } from '../tail/contract.ts';
import type { FileIdentity } from '../tail/identity.ts';
import type { DoneIntervals, FilePosition } from '../tail/positions.ts';
import { type KmsgRecord, parseKmsg } from './kmsg-record.ts';
import { LEVEL_OF_SEVERITY } from './severity.ts';

export interface KernelLogOptions {
  /** The root of the machine's files. */
  readonly root: string;
  readonly pollMs: number;
  /** The lowest level sent where no wish says otherwise. */
  readonly level: LogLevel;
}

/** The kernel gives a whole record or none: no record is larger. */
const RECORD_BYTES = 32 * 1024;
const EAGAIN = -11;
const EPIPE = -32;
/** After an error the device is opened again. */
const AGAIN_MS = 30_000;
/** `systemd[1]: ` of what a program wrote into the kernel's log. */
const TAG = /^([\w.@/-]{1,64})(?:\[\d+\])?: /;

/**
 * The kernel's messages, from /dev/kmsg. The place is the kernel's number of a record within a boot; numbers that are missing are records that were overwritten before they were
 * read, counted and declared. Times come from the kernel's monotonic clock and what that shows now beside the wall clock.
 */
export class KernelLog implements LineSource {
  readonly name = 'kmsg';
  readonly #host: Host;
  readonly #root: string;
  readonly #pollMs: number;
  readonly #stats = { records: 0, lost: 0, malformed: 0, errors: 0 };
  readonly #buffer = new Uint8Array(RECORD_BYTES);
  readonly #batch: RecordBatch;
  /** Read and not in a batch yet, as that was full. */
  #held: KmsgRecord | null = null;
  #consumer: LineConsumer | null = null;
  #fd = -1;
  #file: FileIdentity | null = null;
  #done: DoneIntervals | null = null;
  /** The number of the next record; -1: whatever comes first. */
  #next = -1;
  /** The first that is in no batch yet. */
  #from = -1;
  #timer = 0;
  #running = false;
  #waiting = false;

  constructor(host: Host, options: KernelLogOptions) {
    this.#host = host;
    this.#root = options.root.replace(/\/+$/, '');
    this.#pollMs = options.pollMs;
    this.#batch = new RecordBatch(options.level);
  }

  start(consumer: LineConsumer, positions: readonly FilePosition[]): void {
    this.#consumer = consumer;
    this.#running = true;
    const boot = this.#text('/proc/sys/kernel/random/boot_id').trim();
    const id = `kmsg:${boot}`;
    for (const position of positions) {
      if (position.file.id !== id) {
        consumer.closed(position.file);
        continue;
      }
      this.#next = position.offset;
      this.#from = position.offset;
      this.#done = position.done;
    }
    this.#file = sourceIdentity(id, '/dev/kmsg');
    this.#schedule(0);
  }

  stop(): void {
    this.#running = false;
    this.#host.cancel(this.#timer);
    if (this.#fd >= 0) this.#host.files.close(this.#fd);
    this.#fd = -1;
  }

  figures(): Readonly<Record<string, number>> {
    const { records, lost, malformed, errors } = this.#stats;
    return {
      kernel_log_records_total: records,
      kernel_log_lost_records_total: lost,
      kernel_log_malformed_records_total: malformed,
      kernel_log_errors_total: errors,
    };
  }

  #schedule(ms: number): void {
    this.#host.cancel(this.#timer);
    this.#timer = this.#host.timer(() => {
      if (this.#running) this.#schedule(this.#poll());
    }, ms);
  }

  /** Reads what there is. Gives when to look again, ms. */
  #poll(): number {
    if (this.#waiting) return this.#pollMs;
    if (this.#fd < 0 && !this.#open()) return AGAIN_MS;
    const { count } = this.#fill();
    if (count === 0) return this.#fd < 0 ? AGAIN_MS : this.#pollMs;
    this.#give();
    return this.#waiting ? this.#pollMs : 0;
  }

  #open(): boolean {
    const { files } = this.#host;
    this.#fd = files.open(`${this.#root}/dev/kmsg`, 'nonblocking');
    if (this.#fd < 0) this.#failed(this.#fd);
    return this.#fd >= 0;
  }

  #failed(errno: number): void {
    this.#stats.errors++;
    if (this.#stats.errors > 1) return;
    const fix = errno === -13 || errno === -1 ? 'run it as root, or give it the capability CAP_SYSLOG' : '';
    this.#host.log('warn', 'HG_COLLECTOR_LOG_SOURCE: the messages of the kernel cannot be read', {
      path: '/dev/kmsg',
      errno,
      fix,
    });
  }

  #fill(): RecordBatch {
    const batch = this.#batch;
    batch.clear();
    const offset = this.#wallOffset();
    while (this.#fd >= 0) {
      const record = this.#held ?? this.#read();
      this.#held = null;
      if (record === null) break;
      const text = this.#host.utf8Bytes(record.text);
      if (batch.full(text.length)) {
        this.#held = record;
        break;
      }
      if (this.#next < 0) {
        this.#next = record.sequence;
        this.#from = record.sequence;
        this.#consumer!.opened(this.#file!, record.sequence);
      }
      if (record.sequence < this.#next) continue;
      const gap = record.sequence - this.#next;
      if (gap > 0 && batch.count > 0) {
        // What was lost is told where it is known, and is in no batch.
        this.#held = record;
        break;
      }
      if (gap > 0) this.#lost(gap);
      this.#stats.records++;
      this.#next = record.sequence + 1;
      batch.add({ place: record.sequence, time: offset + record.micros / 1000, ...whose(record) }, text);
    }
    return batch;
  }

  /** The next record, or null: there is none now. */
  #read(): KmsgRecord | null {
    const { files } = this.#host;
    const buffer = this.#buffer;
    for (;;) {
      const got = files.pread(this.#fd, buffer, 0, buffer.length, -1);
      // Overwritten while it was to be read: the next one that is there comes, and its number says how many are missing.
      if (got === EPIPE) continue;
      if (got <= 0) {
        if (got !== EAGAIN && got !== 0) {
          this.#failed(got);
          files.close(this.#fd);
          this.#fd = -1;
        }
        return null;
      }
      const record = parseKmsg(this.#host.utf8(buffer, 0, got));
      if (record !== null) return record;
      this.#stats.malformed++;
    }
  }

  #give(): void {
    const file = this.#file!;
    const batch = this.#batch;
    const from = this.#from;
    const to = this.#next;
    this.#from = to;
    this.#waiting = true;
    this.#consumer!.take(batch.batch(file, from, to, this.#done), () => {
      this.#waiting = false;
      if (this.#running) this.#schedule(0);
    });
  }

  #lost(records: number): void {
    this.#stats.lost += records;
    const offset = this.#next;
    this.#consumer!.lost?.({
      file: this.#file!,
      offset,
      bytes: 0,
      lines: records,
      reason: 'overrun',
      meanLineBytes: 1,
    });
  }

  /** ms since the epoch at which the kernel's clock began, as far as wall clock and uptime agree now. */
  #wallOffset(): number {
    const uptime = Number.parseFloat(this.#text('/proc/uptime'));
    return this.#host.now() - (Number.isNaN(uptime) ? this.#host.mono() : uptime * 1000);
  }

  #text(path: string): string {
    const bytes = new Uint8Array(256);
    const got = this.#host.files.readFile(`${this.#root}${path}`, bytes);
    return got <= 0 ? '' : this.#host.utf8(bytes, 0, got);
  }
}

/** Level, service and fields of a record. */
function whose({ priority, sequence, text, tags }: KmsgRecord) {
  const facility = priority >> 3;
  const fields: Record<string, string> = {
    'log.syslog.priority': String(priority),
    'log.syslog.severity.name': SEVERITIES[priority & 7]!,
    'event.sequence': String(sequence),
  };
  const name = FACILITIES[facility];
  if (name !== undefined) fields['log.syslog.facility.name'] = name;
  if (tags.SUBSYSTEM !== undefined) fields['kernel.subsystem'] = tags.SUBSYSTEM;
  if (tags.DEVICE !== undefined) fields['kernel.device'] = tags.DEVICE;
  // Other facilities are programs that wrote into the kernel's log.
  const service = facility === 0 ? 'kernel' : (TAG.exec(text)?.[1] ?? 'kernel');
  return { level: LEVEL_OF_SEVERITY[priority & 7]!, service, fields };
}
