import type { Kafka } from 'kafkajs';
import type { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { BusBatch, Consumer } from '../../ports/bus.ts';
import type { EngineGate } from '../gate.ts';
import type { KafkaConfig } from './config.ts';
import { engineError, isUnreachable } from './errors.ts';
import { type Piece, pieceFrom } from './piece.ts';
import { type Position, positionOf, positionText } from './position.ts';
import { ConsumerSession } from './session.ts';

/** After a handler failed, its batch comes again; after a session ended, the next begins. The wait grows from the first to the last number, in ms. */
const RETRY_MS = [50, 5_000] as const;

export interface KafkaConsumerParts {
  /** A new one for each session. */
  readonly client: () => Kafka;
  readonly config: KafkaConfig;
  readonly gate: EngineGate;
  readonly log: Logger;
  readonly engine: string;
  /** As the core calls it, and topic and group as the brokers do. */
  readonly name: string;
  readonly topic: string;
  readonly group: string;
  readonly from: Position | null;
  readonly maxBytes: number;
  readonly handle: (batch: BusBatch) => Promise<void>;
  /** Before a session: where the brokers still have what is behind `from`, and whether anything unread is gone. */
  readonly look: (from: Position | null) => Promise<Position | null>;
  readonly onGap: (partition: number, from: number, to: number) => void;
  /** The partitions that are ours, whenever they are shared out. */
  readonly onShared?: ((partitions: readonly number[]) => void) | undefined;
  /** A session could not begin, or began again after that (null). It is tried again in any case. */
  readonly onTrouble: (why: HeliographError | null) => void;
  /** Told of a failed handler; it is gone on from. */
  readonly onError: (error: unknown) => void;
  readonly onDelivered: (records: number, bytes: number) => void;
  readonly now: () => number;
  readonly timer: (run: () => void, ms: number) => () => void;
}

/** One member of a group on one topic: gives batches in order of their partition, one of each partition at a time, over as many sessions as it takes. */
export class KafkaConsumer implements Consumer {
  readonly #parts: KafkaConsumerParts;
  readonly #closed = new AbortController();
  readonly #closing = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #from: Position | null;
  readonly #met = new Map<number, { offset: number; times: number }>();
  #session: ConsumerSession | null = null;
  /** The handlers at work, by partition. They may outlive their session. */
  readonly #handling = new Map<number, Promise<void>>();

  constructor(parts: KafkaConsumerParts) {
    this.#parts = parts;
    this.#from = parts.from;
    this.#running = this.#run();
  }

  async commit(next: string): Promise<void> {
    const position = positionOf(this.#parts.name, next);
    if (position === null) return;
    try {
      await this.#session?.commit(position);
    } catch (error) {
      throw engineError(this.#parts.engine, error);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#closing.resolve();
    this.#session?.close();
    await this.#running;
    await Promise.all(this.#handling.values());
  }

  async #run(): Promise<void> {
    const { gate, engine, log, onTrouble } = this.#parts;
    let pause: number = RETRY_MS[0];
    while (!this.#closed.signal.aborted) {
      await Promise.race([gate.opened(), this.#closing.promise]);
      if (this.#closed.signal.aborted || !gate.passed) return;
      try {
        await this.#once();
      } catch (error) {
        const why = engineError(engine, error);
        // A broker that went takes its consumers with it; only when the next session cannot begin there is something the matter. Publishing may go
        // well meanwhile, so the gate is closed only when no broker is there.
        if (this.#session?.joined) {
          pause = RETRY_MS[0];
          log.info('a consumer of a topic ended and begins again', {
            topic: this.#parts.name,
            'error.message': why.message,
          });
        } else {
          onTrouble(why);
          if (isUnreachable(error)) gate.doubt(why);
        }
      }
      this.#session = null;
      await this.#sleep(pause, this.#closed.signal);
      pause = Math.min(pause * 2, RETRY_MS[1]);
    }
  }

  async #once(): Promise<void> {
    const { client, config, topic, group, maxBytes, look, onGap, onTrouble, now, timer } = this.#parts;
    const resume = await look(this.#from);
    if (this.#closed.signal.aborted) return;
    const take = (piece: Piece, life: AbortSignal) => this.#take(session, piece, life);
    const session = new ConsumerSession({
      client: client(),
      config,
      topic,
      group,
      maxBytes,
      resume,
      take,
      onGap,
      onJoined: (partitions) => {
        onTrouble(null);
        this.#parts.onShared?.(partitions);
      },
      met: this.#met,
      now,
      timer,
    });
    this.#session = session;
    await session.run();
  }

  /** Tries until the handler takes it, or the piece is not ours to give any more. */
  async #take(session: ConsumerSession, piece: Piece, life: AbortSignal): Promise<boolean> {
    const { name, topic, handle, onError, onDelivered } = this.#parts;
    const before = session.ownership.doneTo(piece.partition);
    for (let pause: number = RETRY_MS[0]; !life.aborted; pause = Math.min(pause * 2, RETRY_MS[1])) {
      // One that was begun before the partitions were shared out anew.
      while (this.#handling.has(piece.partition)) await this.#handling.get(piece.partition);
      if (life.aborted) break;
      // It was at work on the same records, and they are done.
      const done = session.ownership.doneTo(piece.partition);
      const rest = done > before ? pieceFrom(piece, done) : piece;
      if (rest === null) return true;
      const { records, partition, offsets, damaged } = rest;
      const place = { partition, offsets };
      const next = positionText({ partition: rest.partition, offset: rest.next, time: rest.time });
      const handling = (async () =>
        handle({
          topic: name,
          records,
          next,
          place,
          ...(damaged ? { damaged: { ...damaged, topic, partition } } : {}),
        }))();
      const ended = handling
        .catch(() => undefined)
        .finally(() => {
          this.#handling.delete(partition);
        });
      this.#handling.set(partition, ended);
      try {
        await handling;
        // Later sessions go by the group's offsets.
        this.#from = null;
        onDelivered(
          records.length,
          records.reduce((sum, { value }) => sum + value.length, 0),
        );
        return true;
      } catch (error) {
        onError(error);
      }
      await this.#sleep(pause, life);
    }
    return false;
  }

  #sleep(ms: number, life: AbortSignal): Promise<void> {
    if (life.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        life.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#parts.timer(finish, ms);
      life.addEventListener('abort', finish);
    });
  }
}
