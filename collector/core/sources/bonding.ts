import { attribute } from './attribute.ts';
import { words } from './number.ts';
import type { Source } from './source.ts';

/** Bonded interfaces: how many links each has, and how many of them are up. */
export function bondingSource(): Source {
  return {
    name: 'bonding',
    collect(context) {
      const { paths, labels, sink } = context;
      const folder = paths.sys('class/net');
      const list = (text: string | undefined) => words(text ?? '').filter((word) => word !== '');
      for (const master of list(attribute(context, `${folder}/bonding_masters`))) {
        const slaves = attribute(context, `${folder}/${master}/bonding/slaves`);
        // It went while the list was read.
        if (slaves === undefined) continue;
        const links = list(slaves);
        const up = links.filter((link) =>
          // Older kernels call the link slave_eth0.
          ['lower', 'slave'].some(
            (word) => attribute(context, `${folder}/${master}/${word}_${link}/bonding_slave/mii_status`) === 'up',
          ),
        );
        sink.add('node_bonding_slaves', labels('master', master), links.length);
        sink.add('node_bonding_active', labels('master', master), up.length);
      }
    },
  };
}
