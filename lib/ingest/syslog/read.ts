import { emptyMessage, type SyslogContext, type SyslogMessage } from './message.ts';
import { readPriority } from './priority.ts';
import { readRfc3164 } from './rfc3164.ts';
import { isRfc5424, readRfc5424 } from './rfc5424.ts';

const found = { value: 0 };

/**
 * The syslog message bytes[from, to), without its frame, of RFC 5424 or RFC 3164 and what devices make of that. Never throws: what has no form that
 * is known is text, down to the whole. Line ends and NULs behind it are not of it.
 */
export function readSyslog(bytes: Buffer, from: number, to: number, context: SyslogContext): SyslogMessage {
  let end = to;
  while (end > from && (bytes[end - 1] === 10 || bytes[end - 1] === 13 || bytes[end - 1] === 0)) end--;
  const message = emptyMessage(from, end);
  const at = readPriority(bytes, from, end, found);
  if (at < 0) {
    message.flaw = 'no_priority';
    readRfc3164(bytes, from, end, context, message);
    return message;
  }
  message.priority = found.value;
  if (isRfc5424(bytes, at, end)) readRfc5424(bytes, at, end, message);
  else readRfc3164(bytes, at, end, context, message);
  return message;
}
