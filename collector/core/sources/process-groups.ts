import { attribute } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { SourceContext } from './source.ts';

/** What is counted of one process. Times in ticks of USER_HZ, memory in bytes. */
export interface ProcessFigures {
  readonly comm: string;
  readonly state: string;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly threads: number;
  /** Since the boot. */
  readonly startTicks: number;
  readonly virtualBytes: number;
  readonly residentPages: number;
}

/**
 * /proc/<pid>/stat (kernel, Documentation/filesystems/proc.rst, table 1-4). A name may hold blanks and brackets: it ends at the last
 * bracket. Null for anything else.
 */
export function parseProcessStat(text: string): ProcessFigures | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open) return null;
  const [state = '', ...rest] = words(text.slice(close + 1));
  const fields = rest.map(decimal);
  // The 4th field of the table is the first of `fields`.
  const at = (field: number): number => fields[field - 4] ?? Number.NaN;
  const figures = {
    comm: text.slice(open + 1, close),
    state,
    userTicks: at(14),
    systemTicks: at(15),
    minorFaults: at(10),
    majorFaults: at(12),
    threads: at(20),
    startTicks: at(22),
    virtualBytes: at(23),
    residentPages: at(24),
  };
  return Object.values(figures).some((value) => Number.isNaN(value)) ? null : figures;
}

/** Bytes that the process caused to be read and written (/proc/<pid>/io), and its swapped bytes; NaN where it is not ours to know. */
export function processIo(context: SourceContext, pid: string): { read: number; write: number } {
  // Another user's: the group's own count of what could not be read has it.
  const text = attribute({ text: context.text }, context.paths.proc(`${pid}/io`)) ?? '';
  const of = (key: string): number => decimal(new RegExp(`^${key}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { read: of('read_bytes'), write: of('write_bytes') };
}

/** A group's rule: a process belongs to the first that fits. Without one of the three it fits any process. */
export interface ProcessRule {
  /** `{{comm}}` is the process' own name. */
  readonly name: string;
  /** The kernel's name of the process, of at most 15 characters: one of these. */
  readonly comm?: readonly string[] | undefined;
  /** The first word of its command line, or that word's last part: one of these. */
  readonly exe?: readonly string[] | undefined;
  /** All of these expressions must be found in the command line. */
  readonly cmdline?: readonly string[] | undefined;
}

/** Says which group a process belongs to; null: none. The command line is asked for only where a rule needs it. */
export function groupOf(
  rules: readonly ProcessRule[],
): (comm: string, commandLine: () => readonly string[]) => string | null {
  const ready = rules.map((rule) => ({ ...rule, cmdline: (rule.cmdline ?? []).map((text) => new RegExp(text)) }));
  return (comm, commandLine) => {
    for (const { name, comm: names, exe, cmdline } of ready) {
      if (names !== undefined && !names.includes(comm)) continue;
      if (exe !== undefined) {
        const [path = ''] = commandLine();
        if (!exe.includes(path) && !exe.includes(path.slice(path.lastIndexOf('/') + 1))) continue;
      }
      if (cmdline.length > 0) {
        const whole = commandLine().join(' ');
        if (!cmdline.every((one) => one.test(whole))) continue;
      }
      return name.replaceAll('{{comm}}', comm);
    }
    return null;
  };
}
