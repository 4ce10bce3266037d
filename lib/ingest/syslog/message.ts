import type { ZoneOffset } from './zone.ts';

/** What a syslog message says of itself, and where its text stands in the bytes that it was read from. */
export interface SyslogMessage {
  /** Facility and severity, 0 to 191; -1: it has none. */
  priority: number;
  /** ms since the epoch, to the microsecond; NaN: it has none that can be read. */
  time: number;
  /** The time as it came, of a device that says itself that its clock is not set. */
  unsetTime: string;
  host: string;
  /** The program, or the facility of a Cisco message. */
  app: string;
  procid: string;
  /** Of RFC 5424, or Cisco's mnemonic such as SYS-5-CONFIG_I. */
  msgid: string;
  /** The number that Cisco's devices put before. */
  sequence: string;
  /** Names as `<sd-id>.<param>`, in the order they came. */
  data: [name: string, value: string][];
  /** The text: bytes[from, to). */
  from: number;
  to: number;
  /** What of it did not have the form it should have, and was taken as it is; '' if all had. */
  flaw: '' | 'no_priority' | 'header' | 'structured_data';
}

/** What messages leave out, and who reads them knows. */
export interface SyslogContext {
  /** ms since the epoch: gives the year. */
  readonly now: number;
  /** Of the zone of times that say none. */
  readonly offset: ZoneOffset;
}

/** One that says nothing yet. */
export function emptyMessage(from: number, to: number): SyslogMessage {
  return {
    priority: -1,
    time: Number.NaN,
    unsetTime: '',
    host: '',
    app: '',
    procid: '',
    msgid: '',
    sequence: '',
    data: [],
    from,
    to,
    flaw: '',
  };
}
