import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { PushedIntake, type PushedIntakeOptions } from '../../collector/core/pushed/intake.ts';
import { Definitions } from '../../collector/core/spool/definitions.ts';
import type { NewFrame, Spool } from '../../collector/core/spool/spool.ts';
import { cardMask } from '../../lib/mask/cards.ts';
import { MaskStage } from '../../lib/mask/mask.ts';
import { decodeBase } from '../../proto/base.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../proto/frame.ts';
import { decodeDefinition, type PageSeries } from '../../proto/page.ts';
import { memoryHost } from './memory-host.ts';

/** One sample as it would come out at a core: `value` is 'stale' for the marker that a series ended. */
export interface SentSample {
  readonly series: string;
  readonly time: number;
  readonly value: number | 'stale';
}

/** An intake of a collector without a collector: what is pushed comes out decoded. */
export function pushedIntake(options: Partial<PushedIntakeOptions> = {}) {
  const machine = memoryHost(
    {},
    {
      sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
      crc32: (bytes, seed = 0) => crc32(bytes, seed),
    },
  );
  const { host } = machine;
  const definitions = new Definitions(host, '/definitions', 0, false);
  const given: NewFrame[] = [];
  const frames: Frame[] = [];
  /** Not yet told that they are in the spool. */
  const open: NewFrame[] = [];
  const refused: Record<string, number> = {};
  const pageOf = (hash: string) => {
    const page = decodeDefinition(definitions.bytes(hash)!);
    if (page.kind !== 'page') throw new Error('a page');
    return page.series;
  };
  const known = {
    pageSize: (hash: string) => pageOf(hash).length,
    base: (hash: string) => {
      const base = decodeDefinition(definitions.bytes(hash)!);
      if (base.kind !== 'base') throw new Error('a base row');
      return { page: base.page, values: decodeBase(base.columns, pageOf(base.page).length) };
    },
  };
  const samples: SentSample[] = [];
  const read = (frame: Frame): void => {
    if (frame.kind !== 'metrics') return;
    for (const { page, n, times, values, present } of frame.sections) {
      const series = pageOf(page).map(seriesText);
      const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
      for (let i = 0; i < values.length; i++) {
        if (present !== null && present[i] === 0) continue;
        const stale = words[i * 2] === 2 && words[i * 2 + 1] === 0x7ff00000;
        samples.push({ series: series[i % n]!, time: times[Math.floor(i / n)]!, value: stale ? 'stale' : values[i]! });
      }
    }
  };
  const spool = {
    add(_: string, frame: NewFrame) {
      given.push(frame);
      const header = {
        ...({ class: 'metric', boot: '0'.repeat(24), sequence: given.length, floor: 1 } as const),
        ...{ created: frame.created, count: frame.items, previous: null, kind: frame.kind },
      };
      const decoded = decodeFrame(encodeFrame(header, frame.body), { definitions: known } as never);
      frames.push(decoded);
      read(decoded);
      open.push(frame);
    },
    afterWaiting: (_: string, run: () => void) => run(),
    journal: { end: () => 0 },
  } as unknown as Spool;
  const mask = new MaskStage(host, [cardMask()]);
  const intake = new PushedIntake({
    host,
    spool,
    definitions,
    mask,
    rules: null,
    speaker: { name: 'host-1', mayName: () => false },
    labels: { job: 'node', dc: 'north' },
    seriesLimit: 1000,
    onRefused: (reason, count) => {
      refused[reason] = (refused[reason] ?? 0) + count;
    },
    ...options,
  });
  return {
    machine,
    host,
    intake,
    frames,
    samples,
    refused,
    mask,
    /** All that waits is in the spool now. */
    settle(): void {
      while (open.length > 0) open.shift()!.done(null, 1);
    },
    /** The samples since the last call, as `series time value`. */
    take(): string[] {
      return samples
        .splice(0)
        .map(({ series, time, value }) => `${series} ${time} ${value}`)
        .sort();
    },
  };
}

export function seriesText({ name, labels }: PageSeries): string {
  return `${name}{${labels.map(([label, value]) => `${label}=${value}`).join()}}`;
}
