import { parseIsoTime } from '../../log-lines/line-time.ts';
import type { SyslogMessage } from './message.ts';
import { readStructuredData } from './structured-data.ts';

/** Whether `1 ` stands behind the priority, and behind it what RFC 5424 has there: a nil or a year. */
export function isRfc5424(bytes: Uint8Array, at: number, to: number): boolean {
  if (at + 3 > to || bytes[at] !== 49 || bytes[at + 1] !== 32) return false;
  const byte = bytes[at + 2]!;
  return (
    (byte === 45 && (at + 3 === to || bytes[at + 3] === 32)) || (at + 7 <= to && bytes[at + 6] === 45 && byte === 50)
  );
}

/**
 * A message of RFC 5424 from its version on: `1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]`. Of a header that ends
 * early the rest is nil. Where structured data does not have its form, it stands in the text.
 */
export function readRfc5424(bytes: Buffer, at: number, to: number, message: SyslogMessage): void {
  let next = at + 2;
  const ends: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const space = next < to ? bytes.indexOf(32, next) : -1;
    const end = space < 0 || space > to ? to : space;
    starts.push(next);
    ends.push(end);
    next = Math.min(to, end + 1);
  }
  const field = (i: number) =>
    ends[i]! - starts[i]! === 1 && bytes[starts[i]!] === 45 ? '' : bytes.toString('latin1', starts[i], ends[i]);
  if (bytes[starts[0]!] !== 45) {
    message.time = parseIsoTime(bytes, starts[0]!, ends[0]!);
    if (Number.isNaN(message.time)) message.flaw = 'header';
  }
  message.host = field(1);
  message.app = field(2);
  message.procid = field(3);
  message.msgid = field(4);
  readText(bytes, next, to, message);
}

function readText(bytes: Buffer, at: number, to: number, message: SyslogMessage): void {
  message.to = to;
  message.from = at;
  if (at >= to) {
    message.flaw = 'header';
    return;
  }
  const read = readStructuredData(bytes, at, to, message.data);
  const end = read?.end ?? -1;
  if (read === null || (end < to && bytes[end] !== 32)) {
    message.data.length = 0;
    message.flaw = 'structured_data';
    return;
  }
  // Of a message that is structured data alone, that is the text.
  if (end + 1 >= to) {
    if (bytes[at] === 45) message.from = to;
    return;
  }
  if (read.bare >= 0) {
    message.from = read.bare;
    return;
  }
  message.from = end + 1;
  const mark = bytes[end + 1] === 0xef && bytes[end + 2] === 0xbb && bytes[end + 3] === 0xbf && end + 4 <= to;
  if (mark) message.from += 3;
}
