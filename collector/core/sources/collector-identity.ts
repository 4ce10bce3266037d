import type { Source } from './source.ts';

/** heliograph_collector_build_info: which collector this is. */
export function collectorIdentitySource(): Source {
  return {
    name: 'collector',
    collect({ host, labels, sink }) {
      const { version, arch, platform } = host.info;
      sink.add('heliograph_collector_build_info', labels('arch', arch, 'platform', platform, 'version', version), 1);
    },
  };
}
