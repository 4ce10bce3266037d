import type { Host } from '../../../collector/core/host.ts';
import { nodeFiles } from '../../../collector/node/files.ts';
import { createNodeHost } from '../../../collector/node/host.ts';

/** A machine whose clock stands still and whose file systems are all alike, so that the fixture tree gives the same text anywhere. */
export function fixtureHost(): Host {
  const host = createNodeHost({
    version: '0.0.0-test',
    now: () => 1_418_183_376_250,
    mono: () => 1_000,
    log: () => undefined,
    files: {
      ...nodeFiles,
      statfs(path, out) {
        if (path.endsWith('/mnt/gone')) return -2;
        out.set([4096, 1_000_000, 400_000, 350_000, 250_000, 200_000]);
        return 0;
      },
    },
  });
  return { ...host, info: { ...host.info, arch: 'x64', platform: 'linux', hostname: 'web-01' } };
}
