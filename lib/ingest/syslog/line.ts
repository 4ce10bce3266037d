import { badTime, type TimeLimits } from '../../stages/time-check.ts';
import type { LineItem } from '../batch.ts';
import type { SyslogMessage } from './message.ts';
import { FACILITIES, SEVERITIES } from './priority.ts';

/** What a message's own words do not say. */
export interface LineOrigin {
  /** The host that the line stands under. */
  readonly host: string;
  /** The address that it came from. */
  readonly address: string;
  /** Its frame was cut or torn. */
  readonly cut: boolean;
}

/** A service of a longer name would be refused, and the line with it. */
const LONGEST_SERVICE = 64;
/** Sets of fields that are remembered. */
const REMEMBERED = 4096;
/** Of a key of such a set: names are shorter, and a long text is neither worth its memory nor its hash. */
const LONGEST_KEY = 512;
const NOT_SET = '';

/** Makes lines of messages, in ECS names. Lines with the same facts share their fields, which is most of what they would cost. */
export class SyslogLines {
  readonly #times: TimeLimits;
  readonly #known = new Map<string, Readonly<Record<string, string>>>();
  #own = 0;

  /** @param times which times a line may have: one of a clock that is further off must not cost the line */
  constructor(times: TimeLimits) {
    this.#times = times;
  }

  /** UTF-16 units of the names and values of the fields that only the last line has; those that are remembered are few. */
  get ownUnits(): number {
    return this.#own;
  }

  /**
   * @param text the message's text, as it stands in the bytes that the message was read from
   * @param now ms since the epoch
   */
  line(index: number, message: SyslogMessage, text: Uint8Array, origin: LineOrigin, now: number): LineItem {
    const { priority, app } = message;
    const usable = Number.isNaN(message.time) || badTime(message.time, now, this.#times) === null;
    const saidTime = usable ? message.unsetTime : iso(message.time);
    return {
      index,
      // Where the device says none, the time of arrival is nearer than what a text may hold.
      time:
        usable && !Number.isNaN(message.time) ? message.time : priority < 0 && saidTime === NOT_SET ? Number.NaN : now,
      level: priority < 0 ? '' : SEVERITIES[priority & 7]!,
      service: app.length <= LONGEST_SERVICE ? app : '',
      host: origin.host,
      message: text,
      fields: this.#fields(message, origin, saidTime),
    };
  }

  #fields(message: SyslogMessage, origin: LineOrigin, saidTime: string): Readonly<Record<string, string>> {
    const { priority, app, procid, msgid, sequence, data } = message;
    const host = message.host === origin.host ? '' : message.host;
    const length = app.length + procid.length + msgid.length + host.length + origin.address.length;
    if (data.length > 0 || sequence !== '' || saidTime !== NOT_SET || origin.cut || length > LONGEST_KEY) {
      const own = make(message, host, origin, saidTime);
      this.#own = 0;
      for (const name in own) this.#own += name.length + own[name]!.length;
      return own;
    }
    this.#own = 0;
    const key = `${priority} ${app} ${procid} ${msgid} ${host} ${origin.address}`;
    let fields = this.#known.get(key);
    if (fields === undefined) {
      fields = make(message, host, origin, saidTime);
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(key, fields);
    }
    return fields;
  }
}

function make(
  { priority, app, procid, msgid, sequence, data }: SyslogMessage,
  host: string,
  { address, cut }: LineOrigin,
  saidTime: string,
): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  if (priority >= 0) {
    fields['log.syslog.priority'] = String(priority);
    fields['log.syslog.facility.name'] = FACILITIES[priority >> 3]!;
    fields['log.syslog.severity.name'] = SEVERITIES[priority & 7]!;
  }
  if (host !== '') fields['log.syslog.hostname'] = host;
  if (app !== '') fields['process.name'] = app;
  if (procid !== '') fields[/^\d+$/.test(procid) ? 'process.pid' : 'log.syslog.procid'] = procid;
  if (msgid !== '') fields['log.syslog.msgid'] = msgid;
  if (sequence !== '') fields['event.sequence'] = sequence;
  if (saidTime !== NOT_SET) fields['log.syslog.timestamp'] = saidTime;
  if (cut) fields['log.flags'] = 'truncated';
  if (address !== '') fields['log.source.address'] = address;
  for (const [name, value] of data) fields[`log.syslog.structured_data.${name}`] = value;
  return fields;
}

function iso(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
