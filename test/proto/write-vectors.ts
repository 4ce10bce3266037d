/** Writes the vectors of a version, once: `node test/proto/write-vectors.ts <folder>`. What is released is never written again. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { emptyLedger } from '../../lib/ledger.ts';
import { encodeBlock } from '../../proto/block.ts';
import { hex } from '../../proto/hash.ts';
import { encodeControl, encodeDesired, encodeStatus } from '../../proto/message.ts';
import { BASE, BOOT, eventFrame, gapFrame, logFrame, metricFrame, PAGE, PAGE_HASH, TIME, zstd } from './samples.ts';
import { describeVector, type VectorKind } from './vector.ts';

const folder = process.argv[2];
if (folder === undefined) throw new TypeError('which folder?');
mkdirSync(folder, { recursive: true });

const block = [
  { host: 'web-1', received: TIME + 2100, skew: -3.5, frame: eventFrame() },
  { host: 'web-2', received: TIME + 2200, skew: 0, frame: eventFrame() },
];
const vectors: readonly (readonly [string, VectorKind, Uint8Array])[] = [
  ['page', 'definition', PAGE],
  ['base', 'definition', BASE],
  ['metrics', 'frame', metricFrame(false)],
  ['metrics-on-base', 'frame', metricFrame(true)],
  ['logs', 'frame', logFrame(4, false)],
  ['logs-zstd', 'frame', logFrame(30, true)],
  ['events', 'frame', eventFrame()],
  ['gap', 'frame', gapFrame()],
  ['block', 'block', encodeBlock('alert', 'relay-1', block, zstd)],
  [
    'status',
    'status',
    encodeStatus({
      state: 'up',
      connection: 'c0ffee',
      boot: BOOT,
      time: TIME,
      version: '0.1.0',
      profile: 'server',
      series: 5,
      classes: {
        metric: { next: 13, floor: 9, acknowledged: [[9, 10]], queuedFrames: 2, queuedItems: 28, queuedBytes: 300 },
      },
      ledger: emptyLedger('collector', 'web-1', TIME),
      sources: { cpu: { seconds: 0.002 } },
    }),
  ],
  [
    'control',
    'control',
    encodeControl({
      need: [PAGE_HASH],
      pressure: { debug: 2 },
      refused: { topic: 'fleet/web-1/log', code: 'HG_WIRE_TORN', message: 'why', sequence: 4 },
      comeBackAfterMs: 1500,
      time: TIME,
    }),
  ],
  ['desired', 'desired', encodeDesired({ levels: { '*': 'info', api: 'debug' }, until: TIME })],
];
for (const [name, kind, bytes] of vectors) {
  const file = `${folder}/${name}`;
  if (existsSync(`${file}.hex`)) throw new TypeError(`${file}.hex is there: a released vector stays as it is`);
  writeFileSync(`${file}.hex`, `${hex(bytes).replace(/.{1,120}/g, '$&\n')}`);
  writeFileSync(`${file}.json`, `${JSON.stringify({ kind, decoded: describeVector(kind, bytes) }, null, 1)}\n`);
}
