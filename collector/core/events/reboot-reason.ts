import { attributeNumber } from '../sources/attribute.ts';
import type { SourceContext } from '../sources/source.ts';

/**
 * Why a machine began anew: `panic` (the kernel left its last words), `watchdog` (the hardware reset it), `shutdown` (it was told to),
 * `unclean` (it was not: power, reset or a hang), `unknown`.
 */
export type RebootReason = 'panic' | 'watchdog' | 'shutdown' | 'unclean' | 'unknown';

/** A record of wtmp (utmp(5), glibc on 64-bit machines and x86): its length, where its type, user and seconds stand. */
const RECORD = 384;
const USER_AT = 44;
const USER_LENGTH = 32;
const SECONDS_AT = 340;
const RUN_LEVEL = 1;
const BOOT = 2;
/** Of a long file its end is read. */
const MOST_RECORDS = 2_000;
/** A collector that was stopped so shortly before its machine's last sign of life was stopped with it. */
const WITH_THE_MACHINE_MS = 120_000;

/**
 * What wtmp says came right before the newest start: an orderly end, or another start. Null where it does not say.
 * @param bytes whole records
 */
export function endBeforeBoot(bytes: Uint8Array): 'shutdown' | 'unclean' | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let boots = 0;
  for (let at = Math.floor(bytes.length / RECORD) * RECORD - RECORD; at >= 0; at -= RECORD) {
    const type = view.getInt16(at, true);
    if (type === BOOT && ++boots === 2) return 'unclean';
    if (type !== RUN_LEVEL || boots === 0) continue;
    let user = '';
    for (let i = 0; i < USER_LENGTH && bytes[at + USER_AT + i] !== 0; i++) {
      user += String.fromCharCode(bytes[at + USER_AT + i]!);
    }
    if (user === 'shutdown' && view.getInt32(at + SECONDS_AT, true) > 0) return 'shutdown';
  }
  return null;
}

/** @param stopped when the collector was told to stop, ms, 0 if it was not; @param bootSeconds when the machine began */
export function rebootReason(context: SourceContext, stopped: number, bootSeconds: number): RebootReason {
  const { host, paths, names } = context;
  const lastWords = (folder: string): boolean => {
    try {
      return (names(paths.at(folder)) ?? []).some((name) => /^(dmesg|console)-/.test(name));
    } catch {
      // For root alone, on most machines.
      return false;
    }
  };
  if (lastWords('/sys/fs/pstore') || archivedSince(context, bootSeconds)) return 'panic';
  for (const name of names(paths.sys('class/watchdog')) ?? []) {
    // WDIOF_CARDRESET, 0x20: the card has reset the machine.
    const status = attributeNumber(context, paths.sys(`class/watchdog/${name}/bootstatus`));
    if (!Number.isNaN(status) && (status & 0x20) !== 0) return 'watchdog';
  }
  const end = endBeforeBoot(tailOf(host.files, paths.at('/var/log/wtmp')));
  if (end !== null) return end;
  if (stopped > 0 && bootSeconds * 1000 - stopped < WITH_THE_MACHINE_MS + BOOT_TIME_MS) return 'shutdown';
  return 'unknown';
}

/** How long firmware may take between one life and the next. */
const BOOT_TIME_MS = 600_000;

/** systemd takes the last words out of pstore at a start, into a folder of its own. */
function archivedSince({ host, paths, names }: SourceContext, bootSeconds: number): boolean {
  const folder = paths.at('/var/lib/systemd/pstore');
  const stat = new Float64Array(6);
  try {
    return (names(folder) ?? []).some(
      (name) => host.files.stat(`${folder}/${name}`, stat) >= 0 && bootSeconds > 0 && stat[1]! >= bootSeconds * 1000,
    );
  } catch {
    return false;
  }
}

function tailOf(files: SourceContext['host']['files'], path: string): Uint8Array {
  const fd = files.open(path, 'read');
  if (fd < 0) return new Uint8Array(0);
  try {
    const stat = new Float64Array(6);
    const size = files.fstat(fd, stat) < 0 ? 0 : Math.floor(stat[0]! / RECORD) * RECORD;
    const bytes = new Uint8Array(Math.min(size, MOST_RECORDS * RECORD));
    const got = files.pread(fd, bytes, 0, bytes.length, size - bytes.length);
    return got === bytes.length ? bytes : new Uint8Array(0);
  } finally {
    files.close(fd);
  }
}
