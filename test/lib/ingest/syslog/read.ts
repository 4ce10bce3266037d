import type { SyslogContext, SyslogMessage } from '../../../../lib/ingest/syslog/message.ts';
import { readSyslog } from '../../../../lib/ingest/syslog/read.ts';
import { zoneOffset } from '../../../../lib/ingest/syslog/zone.ts';

/** What a message said, only what it said, with its text. */
export type Said = Partial<Omit<SyslogMessage, 'time' | 'from' | 'to'>> & { time?: string; text: string };

export const NOW = Date.parse('2026-11-29T14:30:00Z');

/** @param zone of devices that do not say theirs */
export function said(bytes: string | Buffer, zone = 'UTC', now = NOW): Said {
  const context: SyslogContext = { now, offset: zoneOffset(zone)! };
  const line = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  // In the middle of other bytes, as messages stand in pieces of a connection.
  const around = Buffer.concat([Buffer.from('7 <1>x:'), line, Buffer.from(' ]">x\n')]);
  const { time, from, to, ...message } = readSyslog(around, 7, 7 + line.length, context);
  const told = Object.entries(message).filter(([, value]) => value !== '' && value !== -1 && `${value}` !== '');
  const at = Number.isNaN(time) ? {} : { time: new Date(time).toISOString() };
  return { ...(Object.fromEntries(told) as Partial<Said>), ...at, text: around.toString('utf8', from, to) };
}
