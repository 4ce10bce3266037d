import { isUtf8 } from 'node:buffer';
import { Shares } from '../../../lib/doors/shares.ts';
import type { Peer } from '../../../lib/doors/syslog/peers.ts';
import { Batch } from '../../../lib/ingest/batch.ts';
import type { FrameFlaw } from '../../../lib/ingest/syslog/framing.ts';
import { SyslogLines } from '../../../lib/ingest/syslog/line.ts';
import type { SyslogContext } from '../../../lib/ingest/syslog/message.ts';
import { readSyslog } from '../../../lib/ingest/syslog/read.ts';
import type { TimeLimits } from '../../../lib/stages/time-check.ts';
import type { Delivery } from './delivery.ts';
import type { HostNames } from './host-names.ts';
import type { SyslogMetrics, Transport } from './metrics.ts';

export interface ReceiverOptions {
  readonly delivery: Delivery;
  /** Bytes that may wait. */
  readonly waitingBytes: number;
  readonly hosts: HostNames;
  readonly times: TimeLimits;
  /** Minutes east of UTC of a wall clock of the configured zone. */
  readonly offset: SyslogContext['offset'];
  readonly lingerMs: number;
  /** Nobody sends again what has no room: it is refused line by line. */
  readonly single: boolean;
  /** Senders who had their share of what may wait may have less of it now. */
  readonly onShare: () => void;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly metrics: SyslogMetrics;
}

/** Of a batch: each host has frames of its own, which are the larger, and their lines the cheaper, the more come together. So many lines take some 20 ms. */
const MOST_LINES = 4096;
const MOST_BYTES = 1024 * 1024;
/** Of what may wait, at most. */
const SHARE = 0.25;
/** A request may have a thousand; each begins a frame of its own. */
const MOST_HOSTS = 500;
/** What a line takes beside its text and the fields that no other has, about. */
const LINE_BYTES = 250;
/** Texts are gathered in pieces of so many bytes: what they came in is larger, and is not kept for them. */
const PIECE_BYTES = 64 * 1024;

/** Makes lines of messages and batches of lines. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #lines: SyslogLines;
  readonly #counts: Readonly<Record<Transport, Record<'messages' | 'bytes', (by?: number) => void>>>;
  #batch: Batch;
  #bytes = 0;
  readonly #most: number;
  readonly #hosts = new Set<string>();
  readonly #shares: Shares;
  /** Bytes of the batch by sender. */
  #senders = new Map<string, number>();
  #piece = Buffer.alloc(0);
  #used = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#shares = new Shares(options.waitingBytes);
    this.#lines = new SyslogLines(options.times);
    this.#batch = new Batch(options.single);
    this.#most = Math.min(MOST_BYTES, options.waitingBytes * SHARE);
    const { messages, bytes } = options.metrics;
    const countsOf = (transport: Transport) => ({
      messages: messages.with({ transport }),
      bytes: bytes.with({ transport }),
    });
    this.#counts = { udp: countsOf('udp'), tcp: countsOf('tcp'), tls: countsOf('tls') };
  }

  /** Bytes that are not in the journal. */
  get waiting(): number {
    return this.#bytes + this.#options.delivery.bytes;
  }

  /** Whether lines that come now have no room. */
  get full(): boolean {
    return this.#options.delivery.full;
  }

  /** Whether one address has so much of what waits that others would have no room. */
  unfair({ address }: Peer): boolean {
    return this.#shares.unfair(address, 0);
  }

  /** The message bytes[from, to); keeps none of the bytes. */
  take(bytes: Buffer, from: number, to: number, flaw: FrameFlaw, peer: Peer, transport: Transport): void {
    const { hosts, now, offset, metrics } = this.#options;
    const time = now();
    const message = readSyslog(bytes, from, to, { now: time, offset });
    const text = this.#kept(bytes, message.from, message.to);
    const host = hosts.of(message.host, peer, time);
    const origin = { host, address: peer.address, cut: flaw === 'too_long' || flaw === 'torn' };
    const line = this.#lines.line(this.#batch.lines.length, message, text, origin, time);
    this.#batch.lines.push(line);
    this.#hosts.add(host);
    this.#counts[transport].messages();
    this.#counts[transport].bytes(to - from);
    if (flaw !== '') metrics.odd.inc({ what: flaw });
    if (message.flaw !== '') metrics.odd.inc({ what: message.flaw });
    if (line.fields['log.syslog.timestamp'] !== undefined) metrics.odd.inc({ what: 'time' });
    if (!isUtf8(text)) metrics.odd.inc({ what: 'utf8' });
    const room = text.length + this.#lines.ownUnits + LINE_BYTES;
    this.#bytes += room;
    this.#shares.add(peer.address, room);
    this.#senders.set(peer.address, (this.#senders.get(peer.address) ?? 0) + room);
    if (
      this.#closed ||
      this.#bytes >= this.#most ||
      this.#batch.lines.length >= MOST_LINES ||
      this.#hosts.size >= MOST_HOSTS
    ) {
      this.flush();
    } else this.#timer ??= setTimeout(() => this.flush(), this.#options.lingerMs);
  }

  /** Hands over what there is; what comes after is handed over at once, and no timer is left. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#batch.lines.length === 0) return;
    const batch = this.#batch;
    const bytes = this.#bytes;
    const senders = this.#senders;
    this.#batch = new Batch(this.#options.single);
    this.#bytes = 0;
    this.#senders = new Map();
    this.#hosts.clear();
    this.#piece = Buffer.alloc(0);
    this.#used = 0;
    this.#options.delivery.put(batch, bytes, () => {
      for (const [sender, some] of senders) this.#shares.leave(sender, some);
      this.#options.onShare();
    });
  }

  #kept(bytes: Buffer, from: number, to: number): Buffer {
    const length = to - from;
    if (this.#used + length > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, length));
      this.#used = 0;
    }
    const start = this.#used;
    bytes.copy(this.#piece, start, from, to);
    this.#used += length;
    return this.#piece.subarray(start, this.#used);
  }
}
