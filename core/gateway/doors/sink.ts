import { createHash, randomBytes } from 'node:crypto';
import type { LineBody, LineIntake } from '../../../lib/doors/line-intake.ts';
import type { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import type { RequestKey } from '../../../lib/doors/request-key.ts';
import type { DoorClient, Taken, Taker } from '../../../lib/doors/taker.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Batch, LineItem } from '../../../lib/ingest/batch.ts';
import type { Counter } from '../../../lib/metrics.ts';
import type { DataClass } from '../../../proto/class.ts';
import { type Event, encodeEventsBody } from '../../../proto/event.ts';
import { encodeFrame, type FrameHeader } from '../../../proto/frame.ts';
import { makeBoot } from '../../../proto/hash.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { encodeRecord } from '../../indexer/record.ts';
import type { Account } from '../../ledger/account.ts';
import { DOOR } from '../../ledger/door-totals.ts';
import type { Bus, BusRecord } from '../../ports/bus.ts';
import type { MetricFrame } from '../../ports/frames.ts';
import type { MetricStore } from '../../ports/metric-store.ts';
import { keyedBoot } from '../../seen/keyed-boot.ts';
import { topicOf } from '../bus-work.ts';
import type { GatewayPressure } from '../pressure.ts';
import { hostsOf } from './pushing-hosts.ts';

export interface DoorSinkOptions {
  readonly metrics: MetricStore;
  readonly bus: Bus;
  readonly account: Account;
  readonly fleet: Pick<Fleet, 'pushed'>;
  readonly now: () => number;
  readonly site: string;
  readonly metricIntake: MetricIntake;
  readonly lineIntake: LineIntake;
  /** Samples and lines by labels `door`, `kind`. */
  readonly accepted: Counter;
  /** Samples and lines by labels `door`, `kind`, `code`. */
  readonly refused: Counter;
  /** What there is room for; told of bytes that wait for the bus. */
  readonly pressure: Pick<GatewayPressure, 'level' | 'wait'>;
  /** Lines by label `class`. */
  readonly pressed: Counter;
}

/** A client whose lines there is no room for comes again after this, s. */
const PRESSED_S = 10;

/**
 * Classes that are never refused line by line: OTLP's clients do not send again what a partial success names, so a request with
 * such a line is refused whole, and its client comes again with all of it.
 */
const NEVER_LEFT_OUT: ReadonlySet<DataClass> = new Set(['alert', 'error']);

/** Hosts whose lines are numbered; more and a new boot begins. */
const NUMBERED = 50_000;

/** What makes the names of the frames of a request with a key: its client, and the key with what came under it. */
interface Keyed {
  readonly client: string;
  readonly key: RequestKey;
}

/** From a door's batch into the stores, durably, under names that make a request with a key once only. */
export class DoorSink implements Taker {
  readonly #options: DoorSinkOptions;
  #boot = makeBoot(0, randomBytes(8));
  readonly #next = new Map<string, number>();

  constructor(options: DoorSinkOptions) {
    this.#options = options;
  }

  /**
   * Resolves when everything that is not in `rejected` is durable.
   * @param key the client's idempotency key: what comes under one key of one client is stored once
   * @throws HeliographError HG_CORE_STORE: nothing is lost that was answered for, and the client must send it all again;
   *   HG_DOOR_PRESSURE: there is no room for any of it now, or for an error of it, nothing of it is stored, and the client may come again
   */
  async take(door: string, client: DoorClient, batch: Batch, key: RequestKey | null): Promise<Taken> {
    const { now, metricIntake, lineIntake, accepted, refused } = this.#options;
    const seen = now();
    // What was ahead of the clock then is not taken now: a retry has the samples and lines that its request had at first.
    const time = key?.first ?? seen;
    const target = targetOf(client, this.#options.site);
    const { rows, samples, taken, unfold } = metricIntake.rows(client.name, target, batch, time);
    const pressed = new Map<DataClass, number>();
    const press = (dataClass: DataClass): boolean => {
      if (this.#options.pressure.level(dataClass) < 2) return false;
      pressed.set(dataClass, (pressed.get(dataClass) ?? 0) + 1);
      return true;
    };
    const bodies = lineIntake.bodies(batch, (line) => hostOf(line, client), press, time);
    const lines = bodies.reduce((sum, body) => sum + body.lines, 0);
    for (const [name, count] of pressed) this.#options.pressed.inc({ class: name }, count);
    const leftOut = [...pressed.keys()].every((name) => !NEVER_LEFT_OUT.has(name));
    if (pressed.size > 0 && (samples + lines === 0 || !leftOut)) {
      takeBack(batch);
      const classes = [...pressed.keys()].join(' and ');
      throw new HeliographError('HG_DOOR_PRESSURE', `class ${classes}`, { classes, retryAfterS: PRESSED_S });
    }
    const keyed = key === null ? null : { client: client.name, key };
    let repeated = 0;
    try {
      if (samples > 0) {
        const id = this.#id(client.name, 'metric', keyed && bootOf(keyed, whichSamples(batch)), 1);
        repeated = await this.#metrics(id, target, rows, samples, seen);
      }
      if (bodies.length > 0) await this.#lines(bodies, keyed, seen);
      if (repeated > 0) unfold();
    } catch (error) {
      takeBack(batch);
      if (error instanceof HeliographError) throw error;
      throw new HeliographError('HG_CORE_STORE', String(error), {}, error);
    }
    if (samples + lines > 0) this.#options.fleet.pushed(hostsOf(client, rows, batch), seen);
    accepted.inc({ door, kind: 'metric' }, taken);
    accepted.inc({ door, kind: 'log' }, lines);
    for (const { kind, code, items } of batch.rejected) refused.inc({ door, kind, code }, items);
    return { samples: taken, lines, repeated, rejected: batch.rejected };
  }

  /** What the core itself has to say, as an event of class alert. @param name the core's @throws what the bus throws: it is not written down */
  tell(name: string, event: Event): Promise<void> {
    const body = { host: name, class: 'alert', lines: 1, which: 0, body: encodeEventsBody([event]) } as const;
    return this.#lines([body], null, this.#options.now(), 'events');
  }

  async #metrics(
    id: MetricFrame['id'],
    target: Readonly<Record<string, string>>,
    rows: MetricFrame['rows'],
    samples: number,
    time: number,
  ): Promise<number> {
    const { metrics, account } = this.#options;
    const frame: MetricFrame = { id, relay: DOOR, created: time, received: time, skew: 0, lane: 'live', target, rows };
    const outcome = await metrics.take(frame);
    account.take('metric', samples);
    account.settle('metric', outcome, true);
    return outcome.repeated;
  }

  async #lines(
    bodies: readonly LineBody[],
    keyed: Keyed | null,
    time: number,
    kind: FrameHeader['kind'] = 'logs',
  ): Promise<void> {
    const { bus, account, site, pressure } = this.#options;
    const topics = new Map<DataClass, { records: BusRecord[]; counts: number[]; bytes: number }>();
    const had = new Map<string, number>();
    for (const { host, class: dataClass, lines, which, body } of bodies) {
      const own = keyed && bootOf(keyed, `${lines} ${which}`);
      const name = `${own} ${dataClass} ${host}`;
      const place = (had.get(name) ?? 0) + 1;
      had.set(name, place);
      const { boot, sequence } = this.#id(host, dataClass, own, place);
      const frame = encodeFrame(
        { class: dataClass, boot, sequence, floor: 1, created: time, count: lines, previous: null, kind },
        body,
      );
      const value = encodeRecord({ relay: DOOR, site, host, received: time, skew: 0, lane: 'live', frame });
      const topic = topics.get(dataClass) ?? { records: [], counts: [], bytes: 0 };
      topics.set(dataClass, topic);
      topic.records.push({ key: host, value });
      topic.counts.push(lines);
      topic.bytes += value.length;
    }
    const published = [...topics].map(async ([dataClass, { records, counts, bytes }]) => {
      let queued = 0;
      try {
        pressure.wait(dataClass, bytes);
        for (; queued < counts.length; queued++) account.queue(dataClass, counts[queued]!);
        await bus.publish(topicOf(dataClass), records);
      } catch (error) {
        for (const count of counts.slice(0, queued)) account.unpublish(dataClass, count);
        throw error;
      } finally {
        pressure.wait(dataClass, -bytes);
      }
      account.onBus(
        dataClass,
        counts.length,
        counts.reduce((sum, count) => sum + count, 0),
      );
    });
    // All of them come to an end before the answer, whatever becomes of one.
    const failed = (await Promise.allSettled(published)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** With a key the name follows from it; without one it is the next of this process. */
  #id(host: string, dataClass: DataClass, keyed: string | null, place: number): MetricFrame['id'] {
    if (keyed !== null) return { host, boot: keyed, class: dataClass, sequence: place };
    const number = `${dataClass} ${host}`;
    if (!this.#next.has(number) && this.#next.size >= NUMBERED) {
      this.#next.clear();
      this.#boot = makeBoot(0, randomBytes(8));
    }
    const sequence = (this.#next.get(number) ?? 0) + 1;
    this.#next.set(number, sequence);
    return { host, boot: this.#boot, class: dataClass, sequence };
  }
}

/**
 * The boot of a frame of a request with a key. It follows from what the frame is made of and not from its place among others: where the clock, masks or
 * limits made other frames of a retry, none of them is taken for one that is there, and rather comes twice.
 */
function bootOf({ client, key: { text, digest } }: Keyed, which: string): string {
  return keyedBoot(client, `${text} ${digest} ${which}`);
}

/** Of one body all samples are taken but these. */
function whichSamples({ rejected }: Batch): string {
  const left = createHash('sha256');
  for (const { kind, index, items } of rejected) if (kind === 'metric') left.update(`${index} ${items},`);
  return left.digest('hex');
}

/** Labels that all of a client's series are given. */
function targetOf({ name, anyHost }: DoorClient, site: string): Record<string, string> {
  return { ...(anyHost ? {} : { instance: name }), ...(site === '' ? {} : { site }) };
}

/** The last first: a step knows only what was there before it. */
function takeBack(batch: Batch): void {
  for (const step of batch.undo.toReversed()) step();
}

function hostOf(line: LineItem, client: DoorClient): string {
  return client.anyHost && line.host !== '' ? line.host : client.name;
}
