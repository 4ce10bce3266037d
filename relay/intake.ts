import type { Clock } from '../lib/clock.ts';
import { HeliographError } from '../lib/errors.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import type { DataClass } from '../proto/class.ts';
import { decodeFrame, decodeHeader } from '../proto/frame.ts';
import { LIMITS } from '../proto/limits.ts';
import { encodeControl } from '../proto/message.ts';
import { topicOf } from '../proto/topics.ts';
import type { DefinitionStore } from './definitions.ts';
import { Held, type Waiting } from './held.ts';
import type { LossJudge } from './loss.ts';
import { encodeRecord } from './record.ts';
import type { Refusals } from './refusals.ts';
import type { Sequences } from './sequences.ts';
import type { Session } from './session.ts';

/** What of a PUBLISH matters here. `messageId` is undefined at QoS 0. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly messageId: number | undefined;
}

export interface IntakeOptions {
  readonly journal: Journal;
  readonly definitions: DefinitionStore;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  readonly refusals: Refusals;
  readonly loss: LossJudge;
  readonly clock: Clock;
  readonly metrics: Registry;
  readonly heldBytes: number;
  readonly heldBytesTotal: number;
}

/**
 * Takes frames and definitions in: looked at, journalled, and acknowledged when they are on disk. What must wait longer
 * than an fsync is held aside, so that the rest of the connection goes on.
 */
export class Intake {
  readonly held: Held;
  readonly #options: IntakeOptions;
  readonly #frames: Counter;
  readonly #bytes: Counter;
  #key = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#frames = options.metrics.counter(
      'heliograph_relay_frames_total',
      'Frames journalled and acknowledged, by class.',
    );
    this.#bytes = options.metrics.counter('heliograph_relay_frame_bytes_total', 'Bytes of those frames, by class.');
    this.held = new Held({
      limit: options.heldBytes,
      totalLimit: options.heldBytesTotal,
      metrics: options.metrics,
      retry: (waiting) => this.#place(waiting, () => undefined),
      ask: (session, hashes) => {
        for (let i = 0; i < hashes.length; i += LIMITS.hashes) {
          session.send('control', encodeControl({ need: hashes.slice(i, i + LIMITS.hashes) }));
        }
      },
    });
  }

  /** @param resume called when the next message of the connection may be read */
  frame(session: Session, dataClass: DataClass, message: Message, resume: () => void): void {
    const { clock, refusals, loss } = this.#options;
    let header: Waiting['header'];
    try {
      header = decodeHeader(message.payload);
      if (header.class !== dataClass) {
        const detail = `a frame of class ${header.class} on the topic of ${dataClass}`;
        throw new HeliographError('HG_RELAY_CLASS', detail, { class: header.class });
      }
      if (header.definitions.length > LIMITS.hashes) {
        throw new HeliographError('HG_WIRE_LIMIT', `${header.definitions.length} definitions named`);
      }
    } catch (error) {
      refusals.refuse(session, message.topic, error, message.messageId);
      queueMicrotask(resume);
      return;
    }
    loss.came(session, header);
    const { payload, messageId } = message;
    this.#place({ session, class: dataClass, header, payload, messageId, received: clock.now() }, resume);
  }

  /** A definition: durable before it is acknowledged. */
  definition(session: Session, message: Message, resume: () => void): void {
    const { definitions, refusals } = this.#options;
    const content = message.payload;
    session.writing(content.length, resume);
    try {
      const hash = definitions.add(session.host, content, (error) => {
        session.written(content.length);
        if (error) {
          // No room, or the disk refuses: the connection ends unacknowledged, and the collector comes back with it.
          session.drop('refused');
          return;
        }
        session.acknowledge(message.messageId);
        this.held.arrived(hash, (host) => definitions.known(host, hash));
      });
    } catch (error) {
      session.written(content.length);
      refusals.refuse(session, message.topic, error, message.messageId);
    }
  }

  #place(waiting: Waiting, resume: () => void): void {
    const { journal, definitions, clock } = this.#options;
    const { session, header, payload } = waiting;
    if (session.ended) return;
    const missing = header.definitions.filter((hash) => !definitions.known(session.host, hash));
    if (missing.length > 0) {
      this.held.forDefinitions(own(waiting), missing, clock.now());
      queueMicrotask(resume);
      return;
    }
    session.writing(payload.length, resume);
    const bytes = encodeRecord({
      host: session.host,
      received: waiting.received,
      skew: session.skew ?? 0,
      boot: header.boot,
      sequence: header.sequence,
      definitions: header.definitions,
      frame: payload,
    });
    this.#key++;
    journal.append(waiting.class, { bytes, items: header.count, key: this.#key }, (error, position) => {
      session.written(payload.length);
      if (error) this.held.forRoom(own(waiting));
      else this.#taken(waiting, position);
    });
  }

  #taken(waiting: Waiting, position: number): void {
    const { sequences, definitions } = this.#options;
    const { session, header } = waiting;
    const state = sequences[waiting.class].of(session.host, header.boot);
    state.received.add(header.sequence);
    state.touched = waiting.received;
    if (header.definitions.length > 0) definitions.named(session.host, header.definitions, position);
    this.#frames.inc({ class: waiting.class });
    this.#bytes.inc({ class: waiting.class }, waiting.payload.length);
    session.acknowledge(waiting.messageId);
    if (header.kind === 'gap') this.#declare(waiting);
  }

  /** A gap frame says which numbers are given up, and why. */
  #declare(waiting: Waiting): void {
    const { sequences, refusals } = this.#options;
    try {
      const frame = decodeFrame(waiting.payload, {});
      if (frame.kind !== 'gap') return;
      for (const gap of frame.gaps) {
        sequences[waiting.class].of(waiting.session.host, gap.boot).declared.addRange(gap.from, gap.to);
      }
    } catch (error) {
      refusals.refuse(waiting.session, topicOf(waiting.session.host, waiting.class), error, undefined);
    }
  }
}

/** A frame that stays a while must not keep the whole buffer it came in alive. */
function own(waiting: Waiting): Waiting {
  return { ...waiting, payload: Uint8Array.from(waiting.payload) };
}
