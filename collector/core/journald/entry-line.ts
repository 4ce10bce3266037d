import { FACILITIES, SEVERITIES } from '../../../lib/ingest/syslog/priority.ts';
import type { LineLevel } from '../../../lib/log-lines/level.ts';
import { LEVEL_OF_SEVERITY } from '../kernel/severity.ts';
import type { JournalEntry } from './journal-file.ts';

/** An entry as a line. */
export interface EntryLine {
  readonly message: Uint8Array;
  /** ms since the epoch. */
  readonly time: number;
  readonly level: LineLevel | null;
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** journald's fields and their names in ECS, where it has one; what systemd alone knows is `systemd.`. */
const NAMES: Readonly<Record<string, string>> = {
  _PID: 'process.pid',
  _COMM: 'process.name',
  _EXE: 'process.executable',
  _UID: 'user.id',
  _GID: 'group.id',
  _BOOT_ID: 'host.boot.id',
  _MACHINE_ID: 'host.id',
  _SYSTEMD_UNIT: 'systemd.unit',
  _SYSTEMD_USER_UNIT: 'systemd.user_unit',
  _SYSTEMD_SLICE: 'systemd.slice',
  _SYSTEMD_INVOCATION_ID: 'systemd.invocation_id',
  _TRANSPORT: 'systemd.transport',
  MESSAGE_ID: 'systemd.message_id',
  UNIT: 'systemd.about_unit',
  SYSLOG_IDENTIFIER: 'log.syslog.appname',
  SYSLOG_PID: 'log.syslog.procid',
  CODE_FILE: 'log.origin.file.name',
  CODE_LINE: 'log.origin.file.line',
  CODE_FUNC: 'log.origin.function',
  CONTAINER_ID_FULL: 'container.id',
  CONTAINER_NAME: 'container.name',
  IMAGE_NAME: 'container.image.name',
  _KERNEL_SUBSYSTEM: 'kernel.subsystem',
  _KERNEL_DEVICE: 'kernel.device',
};
/** Of a program's own fields, so many, and so many bytes of each and of all values, go with the line, under `journald.` and in small letters. */
const MOST_OWN = 24;
const MOST_VALUE_BYTES = 1024;
const MOST_OWN_BYTES = 24 * 1024;
const EQUALS = 61;
const LONGEST_NAME = 64;

/**
 * What an entry says as a line, by the names of systemd.journal-fields(7). Its service is its unit (`nginx` of nginx.service), or else the name that it gave itself for syslog, or that of its
 * program; what the kernel said is `kernel`'s.
 * @param text bytes as a text, e.g. `host.utf8` over all of them
 */
export function lineOfEntry(entry: JournalEntry, text: (bytes: Uint8Array) => string): EntryLine {
  let message: Uint8Array = new Uint8Array(0);
  let priority = -1;
  let facility = -1;
  let source = Number.NaN;
  let own = 0;
  let ownBytes = 0;
  const known: Record<string, string> = {};
  const fields: Record<string, string> = {};
  for (const field of entry.fields) {
    const at = field.indexOf(EQUALS);
    if (at <= 0 || at > LONGEST_NAME) continue;
    const name = text(field.subarray(0, at));
    const value = field.subarray(at + 1);
    if (name === 'MESSAGE') {
      message = value;
      continue;
    }
    const target = NAMES[name];
    // What begins with an underscore is journald's word, not the program's.
    const isOwn = target === undefined && !name.startsWith('_');
    if (target === undefined && !isOwn && !OTHERS.has(name)) continue;
    if (value.length > MOST_VALUE_BYTES) continue;
    const said = text(value);
    if (target !== undefined) {
      known[name] ??= said;
      fields[target] ??= said;
    } else if (name === 'PRIORITY') priority = digitsOf(said, 7);
    else if (name === 'SYSLOG_FACILITY') facility = digitsOf(said, 127);
    else if (name === '_SOURCE_REALTIME_TIMESTAMP') source = Number(said);
    else if (isOwn && !OTHERS.has(name) && own < MOST_OWN && ownBytes + value.length <= MOST_OWN_BYTES) {
      ownBytes += value.length;
      const key = `journald.${name.toLowerCase()}`;
      if (fields[key] === undefined) own++;
      fields[key] = fields[key] === undefined ? said : `${fields[key]}, ${said}`;
    }
  }
  if (priority >= 0) fields['log.syslog.severity.name'] = SEVERITIES[priority]!;
  const facilityName = FACILITIES[facility];
  if (facilityName !== undefined) fields['log.syslog.facility.name'] = facilityName;
  const micros = Number.isSafeInteger(source) && source > 0 ? source : entry.realtime;
  return {
    message,
    time: micros / 1000,
    level: priority < 0 ? null : LEVEL_OF_SEVERITY[priority]!,
    service: serviceOf(known).slice(0, 200),
    fields,
  };
}

/** Read, and no field of the line under their own names; SYSLOG_TIMESTAMP and SYSLOG_RAW repeat what is said. */
const OTHERS: ReadonlySet<string> = new Set([
  'PRIORITY',
  'SYSLOG_FACILITY',
  '_SOURCE_REALTIME_TIMESTAMP',
  'SYSLOG_TIMESTAMP',
  'SYSLOG_RAW',
]);

function serviceOf(known: Readonly<Record<string, string>>): string {
  if (known._TRANSPORT === 'kernel') return 'kernel';
  const unit = known._SYSTEMD_USER_UNIT ?? known._SYSTEMD_UNIT ?? '';
  // A session's scope and a user's manager say nothing of the program.
  if (unit.endsWith('.service') && !unit.startsWith('user@')) return unit.slice(0, -'.service'.length);
  return known.SYSLOG_IDENTIFIER || known._COMM || unit || 'journald';
}

function digitsOf(text: string, most: number): number {
  return /^\d{1,3}$/.test(text) && Number(text) <= most ? Number(text) : -1;
}
