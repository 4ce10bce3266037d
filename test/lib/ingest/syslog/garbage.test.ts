import { expect, test } from 'vitest';
import { StreamFraming } from '../../../../lib/ingest/syslog/framing.ts';
import { SyslogLines } from '../../../../lib/ingest/syslog/line.ts';
import { readSyslog } from '../../../../lib/ingest/syslog/read.ts';
import { zoneOffset } from '../../../../lib/ingest/syslog/zone.ts';
import { LIMITS } from '../../../../proto/limits.ts';
import { LogFrameBuilder } from '../../../../proto/log-columns.ts';
import { seeded } from '../../../collector/random.ts';
import { NOW } from './read.ts';

const SEEDS = [
  '<165>1 2026-10-11T22:14:15.003Z h app 12 ID47 [e@1 iut="3" a="\\"\\]"][f g="1"] \uFEFFtext',
  '<34>Nov  1 22:14:15 mymachine su[12]: failed',
  '<189>000047: sw-1: *Nov 29 14:25:41.500 UTC: %LINK-3-UPDOWN: Interface up',
  '<166>Nov 29 2026 14:25:41 asa-1 : %ASA-6-302013: Built',
  '<46>2026-11-29T15:25:41.123456+01:00 db1 rsyslogd: start',
  '<134>1 1795962341.774247 MX84 events x',
  '1234: RP/0/RSP0/CPU0:Nov 29 14:25:41.123 : bgp[1052]: %ROUTING-BGP-5-ADJCHANGE : x',
];
const ODD = [0, 10, 32, 34, 37, 42, 45, 48, 49, 57, 58, 60, 61, 62, 91, 92, 93, 127, 128, 195, 239, 255];

const below = seeded(20_261);

/** One of the seeds, with bytes changed, taken out, put in and doubled; or bytes of no form at all. */
function mutant(): Buffer {
  if (below(10) === 0) return Buffer.from(Array.from({ length: below(80) }, () => below(256)));
  let bytes = [...Buffer.from(SEEDS[below(SEEDS.length)]!)];
  for (let round = below(6); round >= 0; round--) {
    const at = below(bytes.length + 1);
    const odd = ODD[below(ODD.length)]!;
    const way = below(5);
    if (way === 0) bytes[at] = odd;
    else if (way === 1) bytes.splice(at, below(8));
    else if (way === 2) bytes.splice(at, 0, odd);
    else if (way === 3) bytes = bytes.slice(0, at);
    else bytes.splice(at, 0, ...bytes.slice(below(bytes.length + 1)).slice(0, 30));
  }
  return Buffer.from(bytes.map((byte) => byte ?? 0));
}

test('10,000 broken messages: each is a line that a frame takes, within its own bytes', () => {
  const context = { now: NOW, offset: zoneOffset('Europe/Berlin')! };
  const lines = new SyslogLines({ retentionMs: 30 * 86_400_000, futureMs: 3_600_000 });
  const builder = new LogFrameBuilder();
  let parsed = 0;
  for (let i = 0; i < 10_000; i++) {
    const bytes = mutant();
    const around = Buffer.concat([Buffer.from('<9>'), bytes, Buffer.from('"] x')]);
    const message = readSyslog(around, 3, 3 + bytes.length, context);
    expect(message.from).toBeGreaterThanOrEqual(3);
    expect(message.to).toBeLessThanOrEqual(3 + bytes.length);
    expect(message.from).toBeLessThanOrEqual(message.to);
    const text = around.subarray(message.from, message.to);
    const line = lines.line(i, message, text, { host: 'h', address: '10.0.0.1', cut: false }, NOW);
    expect(Object.keys(line.fields).length).toBeLessThan(LIMITS.fieldsPerLine);
    if (builder.full(4096)) builder.encode();
    builder.add(Number.isNaN(line.time) ? NOW : line.time, line.level, line.service, text, line.fields);
    if (message.priority >= 0) parsed++;
  }
  expect(parsed).toBeGreaterThan(4_000);
});

test('streams of anything, in pieces of any size: no byte is held over the bound, and good messages behind a newline come', () => {
  for (let round = 0; round < 200; round++) {
    const framing = new StreamFraming(128);
    const counted = round % 2 === 0;
    const good = (i: number) => {
      const line = `<13>1 - h a - - - good ${round} ${i}`;
      return counted ? `${line.length} ${line}` : `${line}\n`;
    };
    // A count in front decides; the newline ends whatever was begun.
    const noise = Buffer.from(Array.from({ length: below(400) }, () => ODD[below(ODD.length)]!));
    const stream = Buffer.concat([Buffer.from(good(0)), noise, Buffer.from(`\nx\n${good(1)}`)]);
    const got: string[] = [];
    for (let at = 0; at < stream.length; ) {
      const size = 1 + below(60);
      framing.push(stream.subarray(at, at + size), (bytes, from, to) => got.push(bytes.toString('latin1', from, to)));
      expect(framing.held).toBeLessThanOrEqual(138);
      at += size;
    }
    framing.end((bytes, from, to) => got.push(bytes.toString('latin1', from, to)));
    expect(got[0]).toBe(`<13>1 - h a - - - good ${round} 0`);
    for (const text of got) expect(text.length).toBeLessThanOrEqual(128);
    // Noise may hold a count that reaches over the newline: without one the last is whole.
    if (!counted) expect(got.at(-1)).toBe(`<13>1 - h a - - - good ${round} 1`);
  }
});
