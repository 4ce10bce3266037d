import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time of a process in hundredths of a second. */
const TICKS_A_SECOND = 100;

/** CPU time that a process has taken in all its threads, user and system, s (proc(5), stat fields 14 and 15). */
export function cpuSecondsOf(pid: number): number {
  // The name of the program stands in brackets before, and may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** The most memory that a process had at once, MiB (proc(5), VmHWM). */
export function peakMemoryOf(pid: number): number {
  return statusMemory(pid, 'VmHWM');
}

/** Resident memory of a process now, MiB (proc(5), VmRSS). */
export function residentMemoryOf(pid: number): number {
  return statusMemory(pid, 'VmRSS');
}

/** Files, sockets and all else that a process has open. */
export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function statusMemory(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  if (kibibytes === undefined) throw new TypeError(`/proc/${pid}/status does not say ${field}`);
  return Number(kibibytes) / 1024;
}
