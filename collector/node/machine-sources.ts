import { existsSync } from 'node:fs';
import { heapShare } from '../../lib/heap-share.ts';
import { collectorIdentitySource } from '../core/sources/collector-identity.ts';
import { hostSources } from '../core/sources/host-sources.ts';
import type { ProcessesOptions } from '../core/sources/processes.ts';
import type { Source } from '../core/sources/source.ts';
import type { TextfilesOptions } from '../core/sources/textfiles.ts';
import { timeSource } from '../core/sources/time.ts';
import type { UnitsOptions } from '../core/sources/units.ts';
import type { CollectorConfig } from './config.ts';
import { osUtilsSource } from './os-utils-source.ts';

export interface MachineOptions {
  readonly disabled?: readonly string[];
  readonly networkFilesystems?: boolean;
  readonly units?: UnitsOptions | undefined;
  readonly processes?: ProcessesOptions | undefined;
  readonly textfiles?: TextfilesOptions['paths'];
  /** Covers what must not leave the host in what other programs say. */
  readonly mask?: TextfilesOptions['mask'];
}

/** What a configuration says of the machine's sources. */
export function machineOptions(config: MachineConfig): MachineOptions {
  const { disabledSources: disabled, networkFilesystems, units, processes, textfiles } = config;
  return { disabled, networkFilesystems, units, processes, textfiles };
}
export type MachineConfig = Pick<
  CollectorConfig,
  'disabledSources' | 'networkFilesystems' | 'units' | 'processes' | 'textfiles'
>;

/** The sources of the machine whose root is `root`: Linux with its /proc, anything else by node-os-utils. */
export async function machineSources(root: string, options: MachineOptions = {}): Promise<Source[]> {
  if (existsSync(`${root.replace(/\/+$/, '')}/proc/stat`)) return [...hostSources(options), ...(await wished(options))];
  const sources = [collectorIdentitySource(), timeSource(), osUtilsSource()];
  return sources.filter((source) => !(options.disabled ?? []).includes(source.name));
}

/** Sources that are there only where they are configured. */
async function wished({ units, processes, textfiles = [], mask }: MachineOptions): Promise<Source[]> {
  return [
    ...(units === undefined ? [] : [(await import('../core/sources/units.ts')).unitsSource(units)]),
    ...(processes === undefined ? [] : [(await import('../core/sources/processes.ts')).processesSource(processes)]),
    ...(textfiles.length === 0
      ? []
      : [
          (await import('../core/sources/textfiles.ts')).textfilesSource({
            ...{ paths: textfiles, mostBytes: heapShare(64, 16 * 2 ** 20) },
            ...(mask === undefined ? {} : { mask }),
          }),
        ]),
  ];
}
