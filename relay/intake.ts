import type { Clock } from '../lib/clock.ts';
import { HeliographError } from '../lib/errors.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { decodeFrame, decodeHeader, sketchSeries } from '../proto/frame.ts';
import type { Boot, Hash } from '../proto/hash.ts';
import { LIMITS } from '../proto/limits.ts';
import { encodeControl } from '../proto/message.ts';
import { spokenInstances } from '../proto/spoken-instance.ts';
import { topicOf } from '../proto/topics.ts';
import type { DefinitionEntry } from './definition-index.ts';
import { DEFINITIONS_CHAIN, type DefinitionStore } from './definitions.ts';
import { Held, type Waiting } from './held.ts';
import { knownHex } from './known-texts.ts';
import type { LossJudge } from './loss.ts';
import { PushedBack } from './pushed-back.ts';
import type { Refusals } from './refusals.ts';
import type { Sequences } from './sequences.ts';
import type { Session } from './session.ts';
import { WaitingRoom } from './waiting-room.ts';

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
  /** Told of the life that a connection's frames are of. */
  readonly lives: (session: Session, boot: Boot) => void;
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
  readonly #options: IntakeOptions;
  readonly #held: Held;
  readonly #pushedBack: PushedBack;
  readonly #counts: Readonly<Record<DataClass, (bytes: number) => void>>;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const frames = options.metrics.counter(
      'heliograph_relay_frames_total',
      'Frames journalled and acknowledged, by class.',
    );
    const bytes = options.metrics.counter('heliograph_relay_frame_bytes_total', 'Bytes of those frames, by class.');
    this.#counts = countsByClass(frames, bytes);
    const { metrics, heldBytes: limit, heldBytesTotal: totalLimit } = options;
    const room = new WaitingRoom({ limit, totalLimit, metrics });
    this.#pushedBack = new PushedBack(room);
    this.#held = new Held({
      room,
      retry: (waiting) => this.#place(waiting),
      ask: (session, hashes) => {
        for (let i = 0; i < hashes.length; i += LIMITS.hashes) {
          session.send('control', encodeControl({ need: hashes.slice(i, i + LIMITS.hashes) }));
        }
      },
    });
  }

  frame(session: Session, dataClass: DataClass, message: Message): void {
    const { clock, refusals, loss, lives } = this.#options;
    let header: Waiting['header'];
    try {
      header = decodeHeader(message.payload, knownHex);
      if (header.class !== dataClass) {
        const detail = `a frame of class ${header.class} on the topic of ${dataClass}`;
        throw new HeliographError('HG_RELAY_CLASS', detail, { class: header.class });
      }
      if (header.definitions.length > 0 && dataClass !== 'metric') {
        throw new HeliographError('HG_RELAY_CLASS', `series in a frame of class ${dataClass}`, { class: dataClass });
      }
      if (header.kind === 'sketches') checkSketches(session, message.payload);
      if (header.definitions.length > LIMITS.hashes) {
        throw new HeliographError('HG_WIRE_LIMIT', `${header.definitions.length} definitions named`);
      }
    } catch (error) {
      refusals.refuse(session, message.topic, error, message.messageId);
      return;
    }
    loss.came(session, header);
    lives(session, header.boot);
    const { payload, messageId } = message;
    this.#place({ session, class: dataClass, header, payload, messageId, received: clock.now() });
  }

  /** A definition: durable before it is acknowledged. */
  definition(session: Session, message: Message): void {
    const { definitions, refusals } = this.#options;
    const { payload, messageId, topic } = message;
    session.writing(payload.length);
    try {
      const hash = definitions.add(session.host, payload, (error) => {
        session.written(payload.length);
        if (error) {
          // No room, or the disk refuses. Who waits for it waits as long.
          const mine = { session, payload: Uint8Array.from(payload) };
          const again = () => this.definition(session, { ...message, payload: mine.payload });
          this.#pushedBack.wait(DEFINITIONS_CHAIN, mine, again);
          return;
        }
        session.acknowledge(messageId);
        this.#held.arrived(hash, (host) => definitions.known(host, hash) !== undefined);
        this.#pushedBack.taken(DEFINITIONS_CHAIN);
      });
    } catch (error) {
      session.written(payload.length);
      refusals.refuse(session, topic, error, messageId);
    }
  }

  /** Tries again what was pushed back, and asks again for definitions that do not come. Called now and then. */
  sweep(): void {
    this.#pushedBack.probe();
    this.#held.sweep(this.#options.clock.mono());
  }

  /** The connection is gone: what it had not acknowledged comes again. */
  forget(session: Session): void {
    this.#pushedBack.forget(session);
    this.#held.forget(session);
  }

  /** A connection can be asked for definitions from now on. */
  listens(session: Session): void {
    this.#held.askAgain(session, this.#options.clock.mono());
  }

  #place(waiting: Waiting): void {
    const { journal, clock } = this.#options;
    const { session, header, payload } = waiting;
    if (session.ended) return;
    const named: DefinitionEntry[] = [];
    const missing = this.#find(session, header.definitions, named);
    if (missing !== null) {
      this.#held.hold(own(waiting), missing, clock.mono());
      return;
    }
    if (!this.#isGranted(waiting, named)) return;
    session.writing(payload.length);
    const bytes = session.records.encode({
      host: session.host,
      received: waiting.received,
      skew: session.skew ?? 0,
      boot: header.boot,
      sequence: header.sequence,
      definitions: header.definitions,
      frame: payload,
    });
    const record = { bytes, items: header.count, key: session.key };
    journal.append(waiting.class, record, (error, position) => {
      session.written(payload.length);
      if (!error) {
        this.#taken(waiting, named, position);
        return;
      }
      const mine = own(waiting);
      this.#pushedBack.wait(waiting.class, mine, () => this.#place(mine));
    });
  }

  /** Whether the host may speak for everybody whom the pages name; it is refused where not. */
  #isGranted({ session, class: dataClass, header, messageId }: Waiting, named: readonly DefinitionEntry[]): boolean {
    for (const page of named) {
      const instance = session.ungranted(page);
      if (instance === null) continue;
      const { host } = session;
      const error = new HeliographError('HG_RELAY_GRANT', `${host} for ${instance.slice(0, 200)}`, { host });
      this.#options.refusals.refuse(session, topicOf(host, dataClass), error, messageId, header.sequence);
      return false;
    }
    return true;
  }

  /** The definitions that are here go into `named`. @returns the others; null where there are none */
  #find(session: Session, hashes: readonly Hash[], named: DefinitionEntry[]): Hash[] | null {
    if (hashes.length === 0) return null;
    const { definitions } = this.#options;
    const { named: before } = session;
    let missing: Hash[] | null = null;
    for (let i = 0; i < hashes.length; i++) {
      const hash = hashes[i]!;
      const last = before[i];
      const entry = last?.hash === hash && definitions.knownStill(last) ? last : definitions.known(session.host, hash);
      if (entry) named.push(entry);
      else {
        missing ??= [];
        missing.push(hash);
      }
    }
    if (missing === null) session.named = named;
    return missing;
  }

  #taken(waiting: Waiting, named: readonly DefinitionEntry[], position: number): void {
    const { definitions } = this.#options;
    const { session, header } = waiting;
    const sequences = this.#options.sequences[waiting.class];
    const state = sequences.of(session.host, header.boot);
    state.received.add(header.sequence);
    state.touched = sequences.now();
    state.account.in.frames++;
    state.account.in.items += header.count;
    definitions.named(named, position);
    this.#counts[waiting.class](waiting.payload.length);
    session.acknowledge(waiting.messageId);
    if (header.kind === 'gap') this.#declare(waiting);
    this.#pushedBack.taken(waiting.class);
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

/** Sketches name their series themselves, and may be of others as a page may. @throws HG_RELAY_GRANT, HG_WIRE_* */
function checkSketches({ host, peer }: Session, payload: Uint8Array): void {
  for (const instance of spokenInstances(sketchSeries(payload)) ?? []) {
    if (peer.mayName(instance)) continue;
    throw new HeliographError('HG_RELAY_GRANT', `${host} for ${instance.slice(0, 200)}`, { host });
  }
}

function countsByClass(frames: Counter, bytes: Counter): Readonly<Record<DataClass, (bytes: number) => void>> {
  const counts = DATA_CLASSES.map((name) => {
    const countFrame = frames.with({ class: name });
    const countBytes = bytes.with({ class: name });
    const count = (length: number): void => {
      countFrame();
      countBytes(length);
    };
    return [name, count] as const;
  });
  return Object.fromEntries(counts) as Record<DataClass, (bytes: number) => void>;
}

/** A frame that stays a while must not keep the whole buffer it came in alive; one that stayed before has its own. */
function own(waiting: Waiting): Waiting {
  const { payload } = waiting;
  return payload.byteLength === payload.buffer.byteLength ? waiting : { ...waiting, payload: Uint8Array.from(payload) };
}
