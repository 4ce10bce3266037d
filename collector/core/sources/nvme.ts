import { addKnown, attribute, attributeNumber, entries } from './attribute.ts';
import type { Source } from './source.ts';

/** The files of a controller, and their labels. */
const INFO = [
  ['cntlid', 'cntlid'],
  ['firmware_rev', 'firmware_revision'],
  ['model', 'model'],
  ['serial', 'serial'],
  ['state', 'state'],
] as const;
/** A namespace of a controller: nvme0n1. */
const NAMESPACE = /^nvme\d+n(\d+)$/;

/** NVMe controllers and their namespaces, as /sys/class/nvme has them. */
export function nvmeSource(): Source {
  return {
    name: 'nvme',
    collect(context) {
      const { paths, labels, sink } = context;
      for (const device of entries(context, paths.sys('class/nvme'))) {
        const folder = paths.sys(`class/nvme/${device}`);
        const info = INFO.flatMap(([file, label]) => [label, attribute(context, `${folder}/${file}`) ?? '']);
        sink.add('node_nvme_info', labels('device', device, ...info), 1);
        for (const name of entries(context, folder)) {
          const nsid = NAMESPACE.exec(name)?.[1];
          if (nsid === undefined) continue;
          const read = (file: string) => attributeNumber(context, `${folder}/${name}/${file}`);
          const pairs = labels('device', device, 'nsid', nsid);
          const state = attribute(context, `${folder}/${name}/ana_state`) ?? 'unknown';
          sink.add('node_nvme_namespace_info', labels('ana_state', state, 'device', device, 'nsid', nsid), 1);
          const block = read('queue/logical_block_size');
          if (Number.isNaN(block)) continue;
          sink.add('node_nvme_namespace_logical_block_size_bytes', pairs, block);
          const size = read('size') * block;
          const used = read('nuse') * block;
          if (!Number.isNaN(size)) {
            sink.add('node_nvme_namespace_capacity_bytes', pairs, size);
            sink.add('node_nvme_namespace_size_bytes', pairs, size);
          }
          addKnown(context, 'node_nvme_namespace_used_bytes', pairs, used);
        }
      }
    },
  };
}
