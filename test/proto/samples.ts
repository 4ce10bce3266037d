import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { addToDistribution, startDistribution } from '../../lib/distribution.ts';
import { decodeBase, encodeBase } from '../../proto/base.ts';
import { ColumnEncoder } from '../../proto/columns.ts';
import { type Event, encodeEventsBody } from '../../proto/event.ts';
import { encodeFrame, type FrameHeader, type FrameTools } from '../../proto/frame.ts';
import { encodeGapsBody, type Gap } from '../../proto/gap.ts';
import { hashOf } from '../../proto/hash.ts';
import { LogFrameBuilder } from '../../proto/log-columns.ts';
import { encodeMetricsBody } from '../../proto/metrics-body.ts';
import { decodeDefinition, encodePage, type PageSeries, sortSeries } from '../../proto/page.ts';
import { encodeSketchesBody, type SketchWindow } from '../../proto/sketches.ts';

/** One valid message of each kind, for tests that look at all kinds. */
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
export const zstd = (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes);
export const unzstd = (bytes: Uint8Array, max: number): Uint8Array =>
  zstdDecompressSync(bytes, { maxOutputLength: max });

export const BOOT = '00000007a1b2c3d4e5f60718';
export const OTHER_BOOT = '00000006ffeeddccbbaa9988';
export const TIME = 1795403357501;

export const SERIES: PageSeries[] = sortSeries([
  { name: 'node_load1', labels: [] },
  {
    name: 'node_cpu_seconds_total',
    labels: [
      ['mode', 'idle'],
      ['cpu', '0'],
    ],
  },
  {
    name: 'node_cpu_seconds_total',
    labels: [
      ['mode', 'user'],
      ['cpu', '0'],
    ],
  },
  { name: 'temperature_celsius', labels: [['raum', 'Küche']] },
  { name: 'up', labels: [] },
]);
export const PAGE: Uint8Array = encodePage(SERIES);
export const PAGE_HASH: string = hashOf(PAGE, sha256);
export const BASE_VALUES: Float64Array = Float64Array.of(514.7, 109.66, 0.35, 21.5, 1);
export const BASE: Uint8Array = encodeBase(PAGE_HASH, BASE_VALUES, 5);
export const BASE_HASH: string = hashOf(BASE, sha256);

export const TOOLS: FrameTools = {
  definitions: {
    pageSize: (page) => (page === PAGE_HASH ? 5 : undefined),
    base: (base) => (base === BASE_HASH ? { page: PAGE_HASH, values: baseRow() } : undefined),
  },
  unzstd,
};

function baseRow(): Float64Array {
  const definition = decodeDefinition(BASE);
  if (definition.kind !== 'base') throw new TypeError('the base is a base');
  return decodeBase(definition.columns, 5);
}

export const TIMES: Float64Array = Float64Array.of(TIME, TIME + 1000, TIME + 2001);
export const VALUES: Float64Array = Float64Array.of(
  ...[515.02, 110.22, 0.4, 21.5, 1],
  ...[515.4, 110.98, 0.4, 21.625, 1],
  ...[515.9, 111.5, 1 / 3, 21.5, Number.NaN],
);
export const PRESENT: Uint8Array = Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);

export function header(rest: Partial<FrameHeader>): FrameHeader {
  return {
    class: 'metric',
    boot: BOOT,
    sequence: 12,
    floor: 9,
    created: TIME + 2001,
    count: 14,
    previous: null,
    kind: 'metrics',
    ...rest,
  };
}

export function metricFrame(base: boolean): Uint8Array {
  const columns = new ColumnEncoder().encode(5, TIMES, VALUES, PRESENT, base ? baseRow() : null);
  return encodeFrame(header({}), encodeMetricsBody([{ page: PAGE_HASH, base: base ? BASE_HASH : null, columns }]));
}

export function logFrame(lines: number, compressed: boolean): Uint8Array {
  const builder = new LogFrameBuilder();
  for (let i = 0; i < lines; i++) {
    const level = i % 7 === 0 ? 'error' : 'info';
    const fields: Record<string, string> = i % 3 === 0 ? {} : { path: '/var/log/app.log', 'trace.id': `t${i >> 2}` };
    builder.add(
      TIME + i * 3.125,
      level,
      i % 2 ? 'api' : 'worker',
      `GET /items/${i} 200 with a NUL \u0000 and ü`,
      fields,
    );
  }
  builder.add(TIME - 1, 'info', 'api', Uint8Array.of(0x61, 0xff, 0xe2, 0x82, 0x62), { __proto: 'x' });
  const previous = { boot: OTHER_BOOT, sequence: 88 };
  const body = builder.encode(compressed ? zstd : undefined);
  return encodeFrame(header({ class: 'log', kind: 'logs', count: lines + 1, sequence: 1, floor: 1, previous }), body);
}

export const EVENTS: Event[] = [
  { time: TIME, type: 'host.rebooted', host: 'web-1', facts: { uptime: 12.5, count: -3, clean: false, cause: null } },
  { time: TIME + 0.5, type: 'boot.interleaved', host: 'web-2', facts: { first: BOOT, second: OTHER_BOOT } },
];

export function eventFrame(): Uint8Array {
  return encodeFrame(header({ class: 'alert', kind: 'events', count: 2 }), encodeEventsBody(EVENTS));
}

export const GAPS: Gap[] = [
  {
    boot: OTHER_BOOT,
    from: 3,
    to: 9,
    reason: 'cap',
    frames: 7,
    items: 7000,
    firstTime: TIME - 9000,
    lastTime: TIME - 2000,
  },
  { boot: BOOT, from: 1, to: 1, reason: 'corrupt', frames: 1, items: 100, firstTime: TIME, lastTime: TIME },
];

export function gapFrame(): Uint8Array {
  return encodeFrame(header({ class: 'debug', kind: 'gap', count: 0 }), encodeGapsBody(GAPS));
}

/** One window of two groups. */
export function sketchWindow(): SketchWindow {
  const bounds = [0.1, 1];
  const groups = [
    [0.03125, 0.25, 7, 0.25],
    [-4, 0, 1e-30, 1e30, Number.POSITIVE_INFINITY],
  ].map((values, i) => {
    const distribution = startDistribution(bounds.length);
    for (const value of values) addToDistribution(distribution, value, bounds);
    return { series: { name: 'took:1m_by_service', labels: [['service', `s${i}`] as const] }, distribution };
  });
  return {
    rule: 'took',
    worker: null,
    end: TIME - 1,
    lateness: 30_000,
    quantiles: [0.5, 0.99],
    bounds,
    plain: ['max'],
    groups,
  };
}

export function sketchFrame(window: SketchWindow = sketchWindow()): Uint8Array {
  return encodeFrame(header({ class: 'metric', kind: 'sketches', count: 2 }), encodeSketchesBody(window));
}
