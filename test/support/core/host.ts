import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { sha256 } from '../../../core/gateway/definitions.ts';
import { encodeBase } from '../../../proto/base.ts';
import type { BlockEntry } from '../../../proto/block.ts';
import type { DataClass } from '../../../proto/class.ts';
import { ColumnEncoder } from '../../../proto/columns.ts';
import { type Event, encodeEventsBody } from '../../../proto/event.ts';
import { encodeFrame, type FrameHeader } from '../../../proto/frame.ts';
import { encodeGapsBody, type Gap } from '../../../proto/gap.ts';
import { hashOf, makeBoot } from '../../../proto/hash.ts';
import { LogFrameBuilder } from '../../../proto/log-columns.ts';
import type { LogLine } from '../../../proto/log-line.ts';
import { encodeMetricsBody } from '../../../proto/metrics-body.ts';
import { encodePage, type PageSeries, sortSeries } from '../../../proto/page.ts';

export interface TestDefinition {
  readonly hash: string;
  readonly content: Uint8Array;
}

/** A host made by hand: real frames of a real boot, one at a time. */
export class TestHost {
  readonly name: string;
  readonly boot: string;
  readonly #next = new Map<DataClass, number>();

  constructor(name: string, boot = makeBoot(1, randomBytes(8))) {
    this.name = name;
    this.boot = boot;
  }

  page(
    series: readonly { name: string; labels?: Record<string, string> }[],
  ): TestDefinition & { series: PageSeries[] } {
    const sorted = sortSeries(series.map(({ name, labels = {} }) => ({ name, labels: Object.entries(labels) })));
    const content = encodePage(sorted);
    return { hash: hashOf(content, sha256), content, series: sorted };
  }

  base(page: TestDefinition & { series: readonly unknown[] }, values: readonly number[]): TestDefinition {
    const content = encodeBase(page.hash, Float64Array.from(values), page.series.length);
    return { hash: hashOf(content, sha256), content };
  }

  /** rows: [time ms, values in the page's order]. */
  metrics(
    page: TestDefinition & { series: readonly unknown[] },
    rows: readonly (readonly [number, readonly number[]])[],
    base: { definition: TestDefinition; values: readonly number[] } | null = null,
  ): BlockEntry {
    const n = page.series.length;
    const columns = new ColumnEncoder().encode(
      n,
      Float64Array.from(rows, ([time]) => time),
      Float64Array.from(rows.flatMap(([, values]) => values)),
      null,
      base ? Float64Array.from(base.values) : null,
    );
    const body = encodeMetricsBody([{ page: page.hash, base: base?.definition.hash ?? null, columns }]);
    return this.#entry('metric', 'metrics', rows.length * n, body);
  }

  lines(dataClass: 'error' | 'log' | 'debug', lines: readonly Partial<LogLine>[]): BlockEntry {
    const builder = new LogFrameBuilder();
    for (const { time = Date.now(), level = 'info', service = 'test', message = '', fields = {} } of lines) {
      builder.add(time, level, service, message, fields);
    }
    return this.#entry(dataClass, 'logs', lines.length, builder.encode(zstdCompressSync));
  }

  events(events: readonly Event[]): BlockEntry {
    return this.#entry('alert', 'events', events.length, encodeEventsBody(events));
  }

  gaps(dataClass: DataClass, gaps: readonly Gap[]): BlockEntry {
    return this.#entry(dataClass, 'gap', 0, encodeGapsBody(gaps));
  }

  /** A frame of any bytes in the body, with an honest header around it. */
  broken(dataClass: DataClass, kind: FrameHeader['kind'], count: number, body: Uint8Array): BlockEntry {
    return this.#entry(dataClass, kind, count, body);
  }

  #entry(dataClass: DataClass, kind: FrameHeader['kind'], count: number, body: Uint8Array): BlockEntry {
    const sequence = this.#next.get(dataClass) ?? 1;
    this.#next.set(dataClass, sequence + 1);
    const created = Date.now();
    const header: FrameHeader = {
      class: dataClass,
      boot: this.boot,
      sequence,
      floor: 1,
      created,
      count,
      previous: null,
      kind,
    };
    return { host: this.name, received: created, skew: 0, frame: encodeFrame(header, body) };
  }
}
