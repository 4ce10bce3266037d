import { createHash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { encodeBase } from '../proto/base.ts';
import { BasePolicy } from '../proto/base-policy.ts';
import { type BlockEntry, encodeBlock } from '../proto/block.ts';
import { ColumnEncoder } from '../proto/columns.ts';
import { encodeFrame } from '../proto/frame.ts';
import { type Hash, hashOf } from '../proto/hash.ts';
import { type EncodedSection, encodeMetricsBody } from '../proto/metrics-body.ts';
import { loadRecording } from '../simulator/recording.ts';
import { type RecordedSet, recordedSets } from './recorded-sets.ts';
import type { BenchResult } from './result.ts';

const BOOT = `00000001${'5a'.repeat(8)}`;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const zstd1 = (bytes: Uint8Array) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

export type BaseRule = 'none' | 'when it pays' | 'every 5 min';

export interface Encoded {
  readonly frames: Uint8Array[];
  readonly samples: number;
  readonly frameBytes: number;
  readonly definitionBytes: number;
}

/** The frames a collector would send of this set: all pages in each frame, `instants` rows a frame. */
export function encodeSet(set: RecordedSet, instants: number, rule: BaseRule): Encoded {
  const encoder = new ColumnEncoder();
  const pages = set.pages.map((page, p) => ({
    n: page.n,
    values: page.values,
    hash: hashOf(new Uint8Array([p, 1]), sha256),
    base: null as Float64Array | null,
    baseHash: null as Hash | null,
    policy: new BasePolicy(),
    since: Number.NEGATIVE_INFINITY,
  }));
  const frames: Uint8Array[] = [];
  let samples = 0;
  let frameBytes = 0;
  let definitionBytes = 0;
  for (let row = 0; row + instants <= set.times.length; row += instants) {
    const times = set.times.slice(row, row + instants);
    const now = times[0]!;
    const sections: EncodedSection[] = pages.map((page) => {
      const due =
        rule === 'when it pays' ? page.policy.due(now) : rule === 'every 5 min' && now - page.since >= 300_000;
      if (due) {
        page.base = page.values.slice(row * page.n, (row + 1) * page.n);
        const definition = encodeBase(page.hash, page.base, page.n);
        page.baseHash = hashOf(definition, sha256);
        page.since = now;
        page.policy.renewed(now, definition.length);
        definitionBytes += definition.length;
      }
      const values = page.values.subarray(row * page.n, (row + instants) * page.n);
      const columns = encoder.encode(page.n, times, values, null, page.base);
      page.policy.encoded(columns.length);
      return { page: page.hash, base: page.baseHash, columns };
    });
    const count = set.series * instants;
    const frame = encodeFrame(
      {
        class: 'metric',
        boot: BOOT,
        sequence: frames.length + 1,
        floor: Math.max(1, frames.length),
        created: times[instants - 1]!,
        count,
        previous: null,
        kind: 'metrics',
      },
      encodeMetricsBody(sections),
    );
    frames.push(frame);
    samples += count;
    frameBytes += frame.length;
  }
  return { frames, samples, frameBytes, definitionBytes };
}

/** Rows of a block's hosts: each row of the recording stands in one of them, so zstd finds nothing twice that real hosts would not have. */
const ROWS_A_HOST = 55;

/** What blocks of many hosts' frames cost: a host is a stretch of the recording. */
function blockBytes(set: RecordedSet, instants: number): { bytes: number; samples: number; hosts: number } {
  const hosts = Math.max(2, Math.floor(set.times.length / ROWS_A_HOST));
  const perHost = Array.from({ length: hosts }, (_, h) =>
    encodeSet(stretch(set, h * ROWS_A_HOST, ROWS_A_HOST), instants, 'when it pays'),
  );
  let bytes = 0;
  let samples = 0;
  let entries: BlockEntry[] = [];
  let size = 0;
  const flush = () => {
    if (entries.length > 0) bytes += encodeBlock('metric', 'relay-1', entries, zstd1).length;
    entries = [];
    size = 0;
  };
  for (let f = 0; f < perHost[0]!.frames.length; f++) {
    for (let h = 0; h < hosts; h++) {
      const frame = perHost[h]!.frames[f]!;
      if (size + frame.length > 1 << 20) flush();
      entries.push({ host: `host-${h}`, received: 1795403357501 + f * 1000 + h, skew: h % 3, frame });
      samples += set.series * instants;
      size += frame.length;
    }
  }
  flush();
  return { bytes, samples, hosts };
}

function stretch(set: RecordedSet, row: number, rows: number): RecordedSet {
  return {
    ...set,
    times: set.times.subarray(row, row + rows),
    pages: set.pages.map(({ n, values }) => ({ n, values: values.subarray(row * n, (row + rows) * n) })),
  };
}

const RULES: readonly BaseRule[] = ['none', 'when it pays', 'every 5 min'];

export async function run(): Promise<BenchResult[]> {
  const recording = loadRecording();
  const results: BenchResult[] = [];
  for (const every of [1, 10]) {
    const sets = recordedSets(recording, every);
    for (const [index, set] of sets.entries()) {
      for (const instants of [1, 5, 10]) {
        for (const rule of RULES) {
          const encoded = encodeSet(set, instants, rule);
          results.push({
            name: `payload, ${set.series} series (${set.name}), ${every} s, ${instants} a frame, base ${rule}`,
            value: encoded.frameBytes / encoded.samples,
            unit: 'B/sample',
            // The promise is made for what a host really has, with bases as a collector uses them.
            ...(rule === 'when it pays' && index < 2 ? { target: 1.6 } : {}),
            note: `definitions apart: ${(encoded.definitionBytes / encoded.samples).toFixed(3)} B/sample`,
          });
        }
      }
    }
    for (const set of sets.slice(0, 2)) {
      for (const instants of [1, 10]) {
        const { bytes, samples, hosts } = blockBytes(set, instants);
        results.push({
          name: `relay to core, ${set.series} series (${set.name}), ${every} s, ${instants} a frame, ${hosts} hosts, zstd 1`,
          value: bytes / samples,
          unit: 'B/sample',
          target: 1.2,
          note: `blocks of ${(bytes / 1024).toFixed(0)} KiB packed; hosts are stretches of the recording, no row in two of them`,
        });
      }
    }
  }
  return results;
}
