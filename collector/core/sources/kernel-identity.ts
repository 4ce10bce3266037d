import { attribute } from './attribute.ts';
import type { Source } from './source.ts';

/** node_uname_info, from /proc/sys/kernel; the machine is the architecture the collector runs on, in the kernel's word for it. */
export function kernelIdentitySource(): Source {
  return {
    name: 'uname',
    collect(context) {
      const { host, paths, labels, sink } = context;
      const read = (name: string): string | undefined => attribute(context, paths.proc(`sys/kernel/${name}`));
      const release = read('osrelease');
      if (release === undefined) return;
      sink.add(
        'node_uname_info',
        labels(
          ...['domainname', read('domainname') ?? '', 'machine', read('arch') ?? machineName(host.info.arch)],
          ...['nodename', read('hostname') ?? '', 'release', release],
          ...['sysname', read('ostype') ?? '', 'version', read('version') ?? ''],
        ),
        1,
      );
    },
  };
}

const MACHINES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  ia32: 'i686',
  arm64: 'aarch64',
  arm: 'armv7l',
  ppc64: 'ppc64le',
};

/** Node's name of an architecture in the kernel's words. */
export const machineName = (arch: string): string => MACHINES[arch] ?? arch;
