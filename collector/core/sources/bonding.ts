import { attribute, attributeOr } from './attribute.ts';
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
        const states = links.map((link) => {
          const status = (word: string) =>
            attributeOr(context, `${folder}/${master}/${word}_${link}/bonding_slave/mii_status`, '');
          // Older kernels call the link slave_eth0.
          const state = status('lower');
          return state === '' ? status('slave') : state;
        });
        sink.add('node_bonding_slaves', labels('master', master), links.length);
        if (states.includes(undefined)) continue;
        sink.add('node_bonding_active', labels('master', master), states.filter((state) => state === 'up').length);
      }
    },
  };
}
