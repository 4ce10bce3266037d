import type { LineBody, LineIntake } from '../../lib/doors/line-intake.ts';
import type { MetricIntake } from '../../lib/doors/metric-intake.ts';
import type { RequestKey } from '../../lib/doors/request-key.ts';
import type { DoorClient, Taken, Taker } from '../../lib/doors/taker.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { Batch } from '../../lib/ingest/batch.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import type { Counter } from '../../lib/metrics.ts';
import type { DataClass } from '../../proto/class.ts';
import { doorSender } from '../../proto/door-sender.ts';
import type { Boot } from '../../proto/hash.ts';
import type { DefinitionStore } from '../definitions.ts';
import type { Pressure } from '../pressure.ts';
import type { Sequences } from '../sequences.ts';
import type { ClientBook } from './client-book.ts';
import { ClientMetrics } from './client-metrics.ts';
import type { DoorKeys } from './door-keys.ts';
import { DoorPages, fitsPage } from './door-pages.ts';
import { type FrameName, LineFrames } from './line-frames.ts';

export interface DoorIntakeParts {
  /** The relay's name. */
  readonly relay: string;
  readonly journal: Journal;
  readonly definitions: DefinitionStore;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  readonly pressure: Pick<Pressure, 'levels'>;
  /** A boot that was never used. */
  readonly boot: () => Boot;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly metricIntake: MetricIntake;
  readonly lineIntake: LineIntake;
  readonly clients: ClientBook;
  /** Null: nothing comes with a key. */
  readonly keys: DoorKeys | null;
  /** Samples and lines by labels `door`, `kind`. */
  readonly accepted: Counter;
  /** The same of requests that came before under the same key. */
  readonly repeated: Counter;
  /** Samples and lines by labels `door`, `kind`, `code`. */
  readonly refused: Counter;
}

/** A client whose data there is no room for comes again after this, s. */
const PRESSED_S = 10;
/** Clients remembered; beyond, all are forgotten and begin anew with their next request. */
const CLIENTS = 10_000;

interface Client {
  readonly pages: DoorPages;
  readonly metrics: ClientMetrics;
}

/**
 * What doors of a relay took, into its journal: samples under a name of the client and the relay (proto/door-sender.ts), lines under the hosts that they
 * are of. From there on they are frames as those of collectors are.
 */
export class DoorIntake implements Taker {
  readonly #parts: DoorIntakeParts;
  readonly #clients = new Map<string, Client>();
  readonly #lines: LineFrames;

  constructor(parts: DoorIntakeParts) {
    this.#parts = parts;
    this.#lines = new LineFrames(parts);
  }

  /**
   * Resolves when everything that is not in `rejected` is in the journal. A request that comes again under its key is taken once, also after a kill; without
   * one it is taken again: its samples overwrite themselves in the stores, its lines are doubled.
   * @throws HeliographError HG_DOOR_KEY: other content came under the key; HG_DOOR_PRESSURE: nothing of it is kept, and the client may come again; HG_JOURNAL_*: some of it may be kept, and the client
   *   must send it all again
   */
  async take(door: string, client: DoorClient, batch: Batch, key: RequestKey | null = null): Promise<Taken> {
    const { keys } = this.#parts;
    if (key === null || keys === null) return this.#take(door, client, batch, null);
    // What one try leaves is known to the next.
    return keys.alone(client.name, key, () => this.#take(door, client, batch, key));
  }

  async #take(door: string, client: DoorClient, batch: Batch, key: RequestKey | null): Promise<Taken> {
    const { now, metricIntake, lineIntake, clients, accepted, refused, pressure } = this.#parts;
    const levels = pressure.levels();
    const full = new Set<DataClass>();
    const before = key === null ? undefined : this.#parts.keys?.find(client.name, key);
    const seen = now();
    // A line that was ahead of the clock then is not taken now: the request has the lines that it had.
    const time = before?.time ?? seen;
    const press = (dataClass: DataClass): boolean => {
      // Of what is here already nothing more is to be kept.
      if (levels[dataClass] < 2 || before?.done) return false;
      full.add(dataClass);
      return true;
    };
    try {
      if (batch.series.length > 0) press('metric');
      const { rows, samples } = metricIntake.rows(client.name, {}, fitting(batch), time);
      const bodies = lineIntake.bodies(batch, (line) => hostOf(line.host, client), press, time);
      // OTLP's clients do not send again what a partial success names; after this they come again with all of it.
      if (full.size > 0 && !batch.single) throw pressed(full);
      const lines = bodies.reduce((sum, body) => sum + body.lines, 0);
      if (before?.done) {
        this.#parts.repeated.inc({ door, kind: 'metric' }, samples);
        this.#parts.repeated.inc({ door, kind: 'log' }, lines);
        clients.took(door, client, { samples: 0, lines: 0, refused: 0 }, seen);
        return { samples, lines, repeated: samples, rejected: batch.rejected };
      }
      let left = 0;
      if (samples > 0) {
        const { pages, metrics } = this.#client(client);
        left = await metrics.write(pages.sections(rows));
      }
      if (left > 0) batch.reject('metric', -1, 'HG_ITEM_SERIES_CAP', `${client.name}: limits.definitions`, left);
      if (bodies.length > 0) await this.#write(bodies, client, key, time);
      if (key !== null) this.#parts.keys?.done(client.name, key, time);
      accepted.inc({ door, kind: 'metric' }, samples - left);
      accepted.inc({ door, kind: 'log' }, lines);
      let rejected = 0;
      for (const { kind, code, items } of batch.rejected) {
        refused.inc({ door, kind, code }, items);
        rejected += items;
      }
      clients.took(door, client, { samples: samples - left, lines, refused: rejected }, seen);
      return { samples: samples - left, lines, repeated: 0, rejected: batch.rejected };
    } catch (error) {
      // The last first: a step knows only what was there before it.
      for (const step of batch.undo.toReversed()) step();
      throw error;
    }
  }

  /** Lines, with a key under the names that they had when they came first. */
  async #write(bodies: readonly LineBody[], { name }: DoorClient, key: RequestKey | null, time: number): Promise<void> {
    const { keys } = this.#parts;
    if (key === null || keys === null) return this.#lines.write(bodies);
    const known = keys.find(name, key)?.names ?? [];
    const names = namesAgain(bodies, known, (fresh) => this.#lines.names(fresh));
    const had = new Set(known);
    const added = names.filter((one) => !had.has(one));
    if (added.length > 0) await keys.name(name, key, time, [...known, ...added]);
    return this.#lines.write(bodies, names);
  }

  #client(client: DoorClient): Client {
    const { relay, journal, definitions, sequences, boot, now } = this.#parts;
    // The same name with another right names its pages otherwise.
    const key = `${client.anyHost ? 'any' : 'own'} ${client.name}`;
    let known = this.#clients.get(key);
    if (!known) {
      if (this.#clients.size >= CLIENTS) this.#clients.clear();
      const host = doorSender(client.name, relay);
      const open = () => ({ journal, definitions, sequences: sequences.metric, host, boot: boot(), now });
      known = { pages: new DoorPages(client), metrics: new ClientMetrics(open) };
      this.#clients.set(key, known);
    }
    return known;
  }
}

/** The batch without series whose texts no page has room for. */
function fitting(batch: Batch): Batch {
  const kept = batch.series.filter(({ series: { name, labels }, index, from, to }) => {
    if (fitsPage(name, labels)) return true;
    batch.reject('metric', index, 'HG_ITEM_LABELS', `${name.slice(0, 100)}: its labels are too long`, to - from);
    return false;
  });
  if (kept.length < batch.series.length) batch.series.splice(0, batch.series.length, ...kept);
  return batch;
}

/**
 * Of each body the name that it had before: those of one class, one host and as many lines are the same frame, in their order. Where masks or limits were
 * changed in between, a body is another one, and rather comes twice than goes under a name that another has.
 */
function namesAgain(
  bodies: readonly LineBody[],
  known: readonly FrameName[],
  name: (bodies: readonly LineBody[]) => FrameName[],
): FrameName[] {
  const left = new Map<string, FrameName[]>();
  const likeOf = ({ class: dataClass, host, lines }: LineBody | FrameName) => `${dataClass} ${host} ${lines}`;
  for (const one of known) {
    const there = left.get(likeOf(one));
    if (there) there.push(one);
    else left.set(likeOf(one), [one]);
  }
  const names = bodies.map((body) => left.get(likeOf(body))?.shift());
  const fresh = name(bodies.filter((_, i) => names[i] === undefined));
  return names.map((one) => one ?? fresh.shift()!);
}

function hostOf(host: string, client: DoorClient): string {
  return client.anyHost && host !== '' ? host : client.name;
}

function pressed(full: ReadonlySet<DataClass>): HeliographError {
  const classes = [...full].join(' and ');
  return new HeliographError('HG_DOOR_PRESSURE', `class ${classes}`, { classes, retryAfterS: PRESSED_S });
}
