import { closeSync, existsSync, fsyncSync, openSync, statfsSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesText } from '../terminal/text.ts';
import { type Check, fail, ok, systemReason, warn } from './check.ts';

/** Less than this free and a tier cannot even write its cursors for long. */
const LEAST_BYTES = 64 * 1024 * 1024;
const SLOW_FSYNC_MS = 100;
const PROBE_BYTES = 4096;

/**
 * The folder that a tier writes to: there, ours, with room up to its cap, and a write that becomes durable in good time.
 * @param caps what may still be written there: name and bytes
 */
export function checkDisk(folder: string, caps: readonly { readonly name: string; readonly bytes: number }[]): Check[] {
  if (!existsSync(folder)) return [checkParent(folder)];
  const checks = [checkWrite(folder)];
  const { bavail, bsize, blocks, ffree, files } = statfsSync(folder);
  const free = bavail * bsize;
  const wanted = caps.reduce((sum, cap) => sum + cap.bytes, 0);
  const room = `${bytesText(free)} of ${bytesText(blocks * bsize)} free in ${folder}`;
  const names = caps.map((cap) => `${cap.name} may take ${bytesText(cap.bytes)} more`).join(', ');
  if (free < LEAST_BYTES) checks.push(fail('disk', room, 'make room, or move dataDir to a larger disk'));
  else if (free < wanted)
    checks.push(warn('disk', `${room}, but ${names}`, 'make room, or lower the cap below what is there'));
  else checks.push(ok('disk', names === '' ? room : `${room}; ${names}`));
  if (files > 0 && ffree < 1000)
    checks.push(fail('disk', `only ${ffree} inodes free`, 'remove small files: no new one can be made soon'));
  return checks;
}

function checkParent(folder: string): Check {
  const parent = dirname(folder);
  if (existsSync(parent)) return warn('disk', `${folder} is not there yet`, 'nothing to do: the first start makes it');
  return warn(
    'disk',
    `neither ${folder} nor ${parent} is there`,
    'is dataDir right? The first start makes what it may',
  );
}

/** Writes a file, makes it durable, and takes it away. */
function checkWrite(folder: string): Check {
  const file = join(folder, `.doctor-${process.pid}`);
  const began = performance.now();
  try {
    const fd = openSync(file, 'wx', 0o600);
    try {
      writeSync(fd, new Uint8Array(PROBE_BYTES));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
      unlinkSync(file);
    }
  } catch (error) {
    const { uid, mode } = statSync(folder);
    const who = `the folder belongs to user ${uid} (mode ${(mode & 0o777).toString(8)}), this is user ${process.getuid?.() ?? '?'}`;
    const permission = /EACCES|EPERM/.test(String((error as NodeJS.ErrnoException).code));
    const fix = permission
      ? 'run the tier as the user that owns the folder, or chown it'
      : 'see the system log (dmesg) for this disk';
    return fail('write', `${folder}: ${systemReason(error)}${permission ? `; ${who}` : ''}`, fix);
  }
  const ms = performance.now() - began;
  const took = `a write to ${folder} was durable after ${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  if (ms <= SLOW_FSYNC_MS) return ok('write', took);
  return warn('write', took, 'the disk is slow or busy; every acknowledgement waits for it');
}
