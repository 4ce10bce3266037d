import type { Host } from '../host.ts';
import { readWhole, writeWhole } from '../whole-file.ts';
import type { MachineIdentity } from './machine-identity.ts';

/** What a collector remembers of the machine over restarts of both, in `machine.json` of its folder. */
export interface MachineMemory {
  /** The kernel's name of the life it saw last: /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** Processes that ran out of memory in that life, of which the core was told. */
  readonly oomKills: number;
  /** When the collector was told to stop, ms; 0 while it runs. Short before a reboot it says that somebody wanted it. */
  readonly stopped: number;
  readonly identity: MachineIdentity;
}

/** @returns null where there is none, or none that can be read: that is said in the log, and the machine is met anew */
export function readMachineMemory(host: Host, path: string): MachineMemory | null {
  const bytes = readWhole(host.files, path);
  if (bytes === null) return null;
  try {
    const memory = JSON.parse(host.utf8(bytes, 0, bytes.length)) as Partial<MachineMemory> | null;
    const { bootId, oomKills, stopped, identity } = memory ?? {};
    if (typeof bootId === 'string' && typeof oomKills === 'number' && typeof identity === 'object' && identity)
      return { bootId, oomKills, identity, stopped: typeof stopped === 'number' ? stopped : 0 };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  host.log('warn', 'what was known of the machine cannot be read: it is met anew', { path });
  return null;
}

/** A disk that refuses is said in the log: then an event may come twice, and nothing else is lost. */
export function writeMachineMemory(host: Host, path: string, memory: MachineMemory): void {
  try {
    writeWhole(host.files, path, host.utf8Bytes(`${JSON.stringify(memory)}\n`));
  } catch (error) {
    host.log('warn', 'what is known of the machine cannot be kept', { path, error: String(error) });
  }
}
