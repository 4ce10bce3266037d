import { parseIsoTime } from '../../log-lines/line-time.ts';
import type { SyslogMessage } from './message.ts';
import { readStructuredData } from './structured-data.ts';

/** Bytes of HOSTNAME, APP-NAME, PROCID and MSGID: what the RFC has (6: 255, 48, 128, 32), or some more for programs that know no bound. */
const LONGEST = [255, 128, 128, 128] as const;

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
 * early the rest is nil; a name that is longer than names are ends it too, and begins the text. Where structured data does not have its form, it stands in the text.
 */
export function readRfc5424(bytes: Buffer, at: number, to: number, message: SyslogMessage): void {
  let end = wordEnd(bytes, at + 2, to);
  if (bytes[at + 2] !== 45) {
    message.time = parseIsoTime(bytes, at + 2, end);
    if (Number.isNaN(message.time)) message.flaw = 'header';
  }
  let next = Math.min(to, end + 1);
  const names = ['', '', '', ''];
  let long = false;
  for (let i = 0; i < names.length; i++) {
    end = wordEnd(bytes, next, to);
    long = end - next > LONGEST[i]!;
    if (long) break;
    const isNil = end - next === 1 && bytes[next] === 45;
    names[i] = isNil ? '' : bytes.toString('latin1', next, end);
    next = Math.min(to, end + 1);
  }
  [message.host, message.app, message.procid, message.msgid] = names as [string, string, string, string];
  if (!long) {
    readText(bytes, next, to, message);
    return;
  }
  message.flaw = 'header';
  message.from = next;
  message.to = to;
}

/** Where the word at `at` ends. */
function wordEnd(bytes: Buffer, at: number, to: number): number {
  const space = at < to ? bytes.indexOf(32, at) : -1;
  return space < 0 || space > to ? to : space;
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
