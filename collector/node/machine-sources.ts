import { existsSync } from 'node:fs';
import { collectorIdentitySource } from '../core/sources/collector-identity.ts';
import { hostSources } from '../core/sources/host-sources.ts';
import type { Source } from '../core/sources/source.ts';
import { timeSource } from '../core/sources/time.ts';
import { osUtilsSource } from './os-utils-source.ts';

/** The sources of the machine whose root is `root`: Linux with its /proc, anything else by node-os-utils. */
export function machineSources(
  root: string,
  options: { readonly disabled?: readonly string[]; readonly networkFilesystems?: boolean } = {},
): Source[] {
  if (existsSync(`${root.replace(/\/+$/, '')}/proc/stat`)) return hostSources(options);
  const sources = [collectorIdentitySource(), timeSource(), osUtilsSource()];
  return sources.filter((source) => !(options.disabled ?? []).includes(source.name));
}
