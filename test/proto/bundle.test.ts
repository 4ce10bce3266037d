import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bundledForSmallEngine, onSmallEngine } from '../support/small-engine.ts';

const proto = fileURLToPath(new URL('../../proto/', import.meta.url));

/** Frames, definitions and messages made and read back, as a program that has nothing but the language. */
const PROGRAM = `
import { ColumnEncoder } from './columns.ts';
import { encodeFrame, decodeFrame, decodeHeader } from './frame.ts';
import { encodeMetricsBody } from './metrics-body.ts';
import { encodePage, decodeDefinition } from './page.ts';
import { encodeBase } from './base.ts';
import { LogFrameBuilder } from './log-columns.ts';
import { encodeStatus, decodeStatus, encodeControl, decodeControl, encodeDesired, decodeDesired } from './message.ts';
import { hex } from './hash.ts';
const page = '00112233445566778899aabbccddeeff';
const boot = '000000010203040506070809';
const header = { class: 'metric', boot, sequence: 1, floor: 1, created: 1795403357501, count: 4, previous: null, kind: 'metrics' };
const values = new Float64Array([1.5, NaN, -0, 2 ** 60]);
const columns = new ColumnEncoder().encode(2, new Float64Array([1, 2]), values, null, null);
const metric = encodeFrame(header, encodeMetricsBody([{ page, base: null, columns }]));
const frame = decodeFrame(metric, { definitions: { pageSize: () => 2, base: () => undefined } });
const builder = new LogFrameBuilder();
builder.add(1795403357501, 'info', 'a', new Uint8Array([0xff, 0x61, 0]), { x: 'ü' });
const log = encodeFrame({ ...header, class: 'log', kind: 'logs', count: 1 }, builder.encode());
const definition = encodePage([{ name: 'a', labels: [['b', 'ä']] }, { name: 'b', labels: [] }]);
const status = { state: 'up', connection: 'c', boot, time: 1, version: 'v', profile: 'p', series: 2, classes: {}, ledger: null, sources: {} };
globalThis.result = JSON.stringify({
  engine: [typeof Buffer, typeof TextDecoder, typeof process],
  metric: hex(metric),
  values: hex(new Uint8Array(frame.sections[0].values.buffer)),
  same: hex(new Uint8Array(values.buffer)),
  header: decodeHeader(metric).definitions,
  lines: decodeFrame(log, {}).lines,
  series: decodeDefinition(definition).series,
  base: hex(encodeBase(page, values, 2)),
  status: decodeStatus(encodeStatus(status)).boot,
  control: decodeControl(encodeControl({ need: [page], time: 5 })),
  desired: decodeDesired(encodeDesired({ levels: { '*': 'debug' }, until: null })),
});
`;

describe('proto on a small engine', () => {
  it('runs where there is no Node, Buffer, TextDecoder or eval, and writes the same bytes', async () => {
    const code = `${await bundledForSmallEngine(PROGRAM, proto)}; globalThis.result`;
    const there = JSON.parse((await onSmallEngine(code)) as string);
    expect(there.engine).toEqual(['undefined', 'undefined', 'undefined']);
    expect(there.values).toBe(there.same);
    expect(there.lines[0]).toMatchObject({ message: '\ufffda\u0000', fields: { x: 'ü' } });
    expect(there.header).toEqual(['00112233445566778899aabbccddeeff']);
    expect(there.control).toEqual({ need: ['00112233445566778899aabbccddeeff'], time: 5 });
    const same = JSON.parse(runInThisContext(code));
    expect({ ...there, engine: null }).toEqual({ ...same, engine: null });
  });
});
