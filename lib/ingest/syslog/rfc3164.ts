import { isDigit } from '../../log-lines/digits.ts';
import { readMnemonic } from './cisco.ts';
import { type FoundTime, readDeviceTime } from './device-time.ts';
import type { SyslogContext, SyslogMessage } from './message.ts';
import { readTag } from './tag.ts';

const LONGEST_HOST = 255;
const LONGEST_NUMBER = 10;

/** Letters, digits and `.:_-`: names, and addresses of both kinds. */
function isHostByte(byte: number): boolean {
  return (
    (byte >= 97 && byte <= 122) ||
    (byte >= 45 && byte <= 58 && byte !== 47) ||
    (byte >= 65 && byte <= 90) ||
    byte === 95
  );
}

/**
 * A message as RFC 3164 describes what was seen of old, and as devices write it: `TIME HOST TAG[PID]: TEXT`, each of the first three optional;
 * Cisco's `NUMBER: HOST: *TIME: %FACILITY-SEVERITY-MNEMONIC: TEXT`; Meraki's `1 SECONDS HOST TEXT`. What is not understood is text.
 * @param at behind the priority; where there is none (`message.priority` -1) a line without a time is left whole
 */
export function readRfc3164(bytes: Buffer, at: number, to: number, context: SyslogContext, message: SyslogMessage) {
  const start = blanksEnd(bytes, at, to);
  message.from = start;
  message.to = to;
  const found: FoundTime = { time: Number.NaN, end: start };
  let next: number;
  if (readDeviceTime(bytes, start, to, context, found)) {
    message.time = found.time;
    next = readHost(bytes, found.end, to, message);
  } else if (readEpoch(bytes, start, to, found)) {
    message.time = found.time;
    next = readHost(bytes, found.end, to, message);
  } else {
    const head = readCiscoHead(bytes, start, to, context, message);
    if (head < 0 && message.priority < 0) return;
    next = head < 0 ? start : head;
  }
  message.from = next;
  if (bytes[next] !== 37) message.from = readTag(bytes, next, to, message);
  if (bytes[message.from] === 37 && message.from < to) readMnemonic(bytes, message.from, to, message);
}

function blanksEnd(bytes: Uint8Array, at: number, to: number): number {
  let next = at;
  while (next < to && bytes[next] === 32) next++;
  return next;
}

/** Behind the time: the host, if a word stands there that can be one. Returns where the rest begins. */
function readHost(bytes: Buffer, at: number, to: number, message: SyslogMessage): number {
  // Cisco has a colon behind the time and no host.
  if (bytes[at] === 58) return blanksEnd(bytes, at + 1, to);
  const start = blanksEnd(bytes, at, to);
  let end = start;
  while (end < to && end - start <= LONGEST_HOST && isHostByte(bytes[end]!)) end++;
  // A tag ends with a colon or has a bracket; what ends the message is its text.
  if (end === start || end >= to || bytes[end] !== 32 || bytes[end - 1] === 58) return start;
  if (bytes.toString('latin1', start, Math.min(to, start + 22)) === 'last message repeated ') return start;
  message.host = bytes.toString('latin1', start, end);
  const rest = blanksEnd(bytes, end, to);
  // Cisco's ASA: `host : %ASA-...`
  return bytes[rest] === 58 && bytes[rest + 1] === 32 ? blanksEnd(bytes, rest + 1, to) : rest;
}

/** `1 1700000000.123456789 `, as Meraki has it. */
function readEpoch(bytes: Buffer, at: number, to: number, found: FoundTime): boolean {
  if (bytes[at] !== 49 || bytes[at + 1] !== 32 || !isDigit(bytes[at + 2])) return false;
  const match = /^(\d{10}(?:\.\d{1,9})?) /.exec(bytes.toString('latin1', at + 2, Math.min(to, at + 24)));
  if (!match) return false;
  found.time = Math.round(Number(match[1]) * 1e6) / 1e3;
  found.end = at + 2 + match[0].length;
  return true;
}

/** `000123: host: *Mar  1 00:00:00.123: `, all but the time optional, and that too before a `%`. Returns where the text begins; -1: it is none. */
function readCiscoHead(bytes: Buffer, at: number, to: number, context: SyslogContext, message: SyslogMessage): number {
  let next = at;
  let host = '';
  let sequence = '';
  for (let word = 0; word < 4; word++) {
    if (bytes[next] === 37 && next < to) break;
    const unset = bytes[next] === 42 || bytes[next] === 46;
    const found: FoundTime = { time: Number.NaN, end: 0 };
    const time = unset ? next + 1 : next;
    if (readDeviceTime(bytes, time, to, context, found)) {
      if (unset) message.unsetTime = bytes.toString('latin1', time, found.end);
      else message.time = found.time;
      const from = behindColon(bytes, found.end, to);
      if (from < 0) return -1;
      message.host = host;
      message.sequence = sequence;
      return from;
    }
    // Nexus has nothing before its colon.
    let end = next;
    while (end < to && end - next <= LONGEST_HOST && isOriginByte(bytes[end]!)) end++;
    // IOS XR has no blank between its node and the time.
    const near = bytes[end] === 58 && readDeviceTime(bytes, end + 1, to, context, found);
    const rest = near ? end + 1 : behindColon(bytes, end, to);
    if (rest < 0) return -1;
    const isNumber = end > next && end - next <= LONGEST_NUMBER && bytes.subarray(next, end).every(isDigit);
    if (isNumber && sequence === '') sequence = bytes.toString('latin1', next, end);
    else if (host === '') host = bytes.toString('latin1', next, end);
    else return -1;
    next = rest;
  }
  // `45: host: %SYS-5-CONFIG_I: ...` of a device that writes no time.
  if (bytes[next] !== 37 || next === at) return -1;
  message.host = host;
  message.sequence = sequence;
  return next;
}

/** Names of hosts, and such as RP/0/RSP0/CPU0. */
const isOriginByte = (byte: number): boolean => byte !== 58 && (byte === 47 || isHostByte(byte));

/** Behind `: `, or ` : ` as IOS XR has it; -1: it is not there. */
function behindColon(bytes: Uint8Array, start: number, to: number): number {
  const at = bytes[start] === 32 ? start + 1 : start;
  if (at >= to || bytes[at] !== 58 || (at + 1 < to && bytes[at + 1] !== 32)) return -1;
  return blanksEnd(bytes, at + 1, to);
}
