import { zstdCompressSync } from 'node:zlib';
import type { DataClass } from '../../proto/class.ts';
import { LIMITS } from '../../proto/limits.ts';
import { LogFrameBuilder } from '../../proto/log-columns.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import { HeliographError } from '../errors.ts';
import type { Batch, LineItem } from '../ingest/batch.ts';
import type { MaskStage } from '../mask/mask.ts';
import { mixBits } from '../mix-bits.ts';
import { classify } from '../stages/line-class.ts';
import { badTime, type TimeLimits } from '../stages/time-check.ts';
import { FieldMask, type MaskedFields } from './masked-fields.ts';
import { MaskedMessages } from './masked-messages.ts';

/** A body of a log frame that is to be numbered and sent. */
export interface LineBody {
  readonly host: string;
  readonly class: DataClass;
  readonly lines: number;
  /** A hash of which lines of the request they are, 32 bits: the same however they were masked and timed. */
  readonly which: number;
  readonly body: Uint8Array;
}

/** A body that is being filled. */
interface OpenBody {
  readonly builder: LogFrameBuilder;
  which: number;
}

export interface LineIntakeOptions {
  readonly times: TimeLimits;
  readonly mask: MaskStage;
}

/** Hosts of one request; more are refused, line by line. */
const HOSTS = 1000;

/** The stages between a door and the bus: secrets, level and class, time, host. What is refused is told line by line. */
export class LineIntake {
  readonly #options: LineIntakeOptions;
  readonly #fields: FieldMask;

  constructor(options: LineIntakeOptions) {
    this.#options = options;
    this.#fields = new FieldMask(options.mask);
  }

  /**
   * @param hostOf the host a line may stand under
   * @param press asked of each line's class: true if there is no room for such lines now
   */
  bodies(
    batch: Batch,
    hostOf: (line: LineItem) => string,
    press: (dataClass: DataClass) => boolean,
    now: number,
  ): LineBody[] {
    const open = new Map<string, OpenBody>();
    const bodies: LineBody[] = [];
    const hosts = new Set<string>();
    const flush = (key: string, one: OpenBody) => {
      const [dataClass, host] = key.split(' ') as [DataClass, string];
      const { builder, which } = one;
      const { lines } = builder;
      bodies.push({ host, class: dataClass, lines, which, body: builder.encode((bytes) => zstdCompressSync(bytes)) });
      one.which = 0;
    };
    const messages = new MaskedMessages(batch.lines, this.#options.mask);
    const known = new Map<LineItem['fields'], MaskedFields>();
    const services = new Map<string, string>();
    for (let i = 0; i < batch.lines.length; i++) {
      const line = batch.lines[i]!;
      const host = hostOf(line);
      const why = this.#why(line, host, hosts, now);
      if (why !== null) {
        batch.reject('log', line.index, why[0], why[1]);
        continue;
      }
      hosts.add(host);
      const service = this.#serviceOf(line, services);
      this.#add(batch, line, host, service, messages.of(i), this.#fieldsOf(line, known), press, now, open, flush);
    }
    for (const [key, one] of open) if (one.builder.lines > 0) flush(key, one);
    return bodies;
  }

  #why(
    line: LineItem,
    host: string,
    hosts: ReadonlySet<string>,
    now: number,
  ): readonly ['HG_ITEM_TIME' | 'HG_ITEM_LINE', string] | null {
    if (!Number.isNaN(line.time)) {
      const bad = badTime(line.time, now, this.#options.times);
      if (bad !== null) return ['HG_ITEM_TIME', bad];
    }
    if (hosts.has(host)) return this.#whyService(line);
    if (!HOST_NAME.test(host)) return ['HG_ITEM_LINE', `${JSON.stringify(host.slice(0, 100))} is no name of a host`];
    if (hosts.size >= HOSTS) return ['HG_ITEM_LINE', `more than ${HOSTS} hosts in one request`];
    return this.#whyService(line);
  }

  #whyService({ service }: LineItem): readonly ['HG_ITEM_LINE', string] | null {
    return service.length * 3 > LIMITS.nameBytes ? ['HG_ITEM_LINE', 'the name of the service is too long'] : null;
  }

  /** A name that a device wrote may be no name. */
  #serviceOf({ service }: LineItem, known: Map<string, string>): string {
    let masked = known.get(service);
    if (masked === undefined) {
      masked = this.#options.mask.text(service);
      known.set(service, masked);
    }
    return masked;
  }

  /** Lines of a reader that remembers share their fields. */
  #fieldsOf({ fields }: LineItem, known: Map<LineItem['fields'], MaskedFields>): MaskedFields {
    let masked = known.get(fields);
    if (masked === undefined) {
      masked = this.#fields.masked(fields);
      known.set(fields, masked);
    }
    return masked;
  }

  #add(
    batch: Batch,
    line: LineItem,
    host: string,
    service: string,
    message: Uint8Array,
    { fields, bytes }: MaskedFields,
    press: (dataClass: DataClass) => boolean,
    now: number,
    open: Map<string, OpenBody>,
    flush: (key: string, one: OpenBody) => void,
  ): void {
    const { times } = this.#options;
    const facts = classify(line.level, line.time, message, now);
    if (press(facts.class)) {
      batch.reject('log', line.index, 'HG_ITEM_PRESSURE', `lines of class ${facts.class} are not taken for now`);
      return;
    }
    // A time that stands in the text only must not cost the line.
    const time = badTime(facts.time, now, times) === null ? facts.time : now;
    const size = message.length + bytes;
    const key = `${facts.class} ${host}`;
    let one = open.get(key);
    if (one === undefined) {
      one = { builder: new LogFrameBuilder(), which: 0 };
      open.set(key, one);
    }
    if (one.builder.lines > 0 && one.builder.full(size + 1024)) flush(key, one);
    try {
      one.builder.add(time, facts.level, service, message, fields);
      one.which = mixBits(Math.imul(one.which, 31) + line.index);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      batch.reject('log', line.index, 'HG_ITEM_LINE', error.message);
    }
  }
}
