import { zstdDecompressSync } from 'node:zlib';
import { LineIntake } from '../../../lib/doors/line-intake.ts';
import { Batch, type LineItem } from '../../../lib/ingest/batch.ts';
import { SyslogLines } from '../../../lib/ingest/syslog/line.ts';
import { readSyslog } from '../../../lib/ingest/syslog/read.ts';
import { MaskStage } from '../../../lib/mask/mask.ts';
import { maskConfig } from '../../../lib/mask/mask-schema.ts';
import { nodeMasks } from '../../../lib/mask/node-masks.ts';
import { CborReader } from '../../../proto/cbor-reader.ts';
import { decodeLogColumns, type LogLine, readLogColumns } from '../../../proto/log-columns.ts';

const NOW = Date.parse('2026-11-29T16:00:00Z');
const TIMES = { retentionMs: 30 * 86_400_000, futureMs: 3_600_000 };
const utf8 = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes).toString('utf8', from, to);

/** What of lines comes to the bus. */
export function takenLines(lines: readonly LineItem[]): LogLine[] {
  const masks = nodeMasks(maskConfig().parse(undefined));
  const mask = new MaskStage({ utf8, utf8Bytes: (text) => Buffer.from(text) }, masks);
  const batch = new Batch();
  batch.lines.push(...lines);
  const bodies = new LineIntake({ times: TIMES, mask }).bodies(
    batch,
    ({ host }) => host,
    () => false,
    NOW,
  );
  const tools = { unzstd: (bytes: Uint8Array, max: number) => zstdDecompressSync(bytes, { maxOutputLength: max }) };
  return bodies.flatMap(({ body }) => decodeLogColumns(readLogColumns(new CborReader(body), tools), tools));
}

/** The same of one syslog message. */
export function takenSyslog(text: string): LogLine {
  const bytes = Buffer.from(text);
  const message = readSyslog(bytes, 0, bytes.length, { now: NOW, offset: () => 0 });
  const origin = { host: 'fw', address: '192.0.2.7', cut: false };
  const kept = bytes.subarray(message.from, message.to);
  return takenLines([new SyslogLines(TIMES).line(0, message, kept, origin, NOW)])[0]!;
}
