import { readFileSync } from 'node:fs';

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
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kibibytes === undefined) throw new TypeError(`/proc/${pid}/status does not say VmHWM`);
  return Number(kibibytes) / 1024;
}
