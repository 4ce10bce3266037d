import { attribute, entries } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source } from './source.ts';
import { whereThere } from './where-there.ts';

const BTREE = ['lookups', 'compares', 'records_inserted', 'records_deleted'];
/** Lines of stats (kernel, fs/xfs/xfs_stats.c): the first word, what names begin with, and the names of the first numbers. */
const LINES: Readonly<Record<string, readonly [prefix: string, names: readonly string[]]>> = {
  extent_alloc: ['extent_allocation_', ['extents_allocated', 'blocks_allocated', 'extents_freed', 'blocks_freed']],
  abt: ['allocation_btree_', BTREE],
  blk_map: [
    'block_mapping_',
    [
      ...['reads', 'writes', 'unmaps', 'extent_list_insertions', 'extent_list_deletions', 'extent_list_lookups'],
      'extent_list_compares',
    ],
  ],
  bmbt: ['block_map_btree_', BTREE],
  dir: ['directory_operation_', ['lookup', 'create', 'remove', 'getdents']],
  ig: ['inode_operation_', ['attempts', 'found', 'recycled', 'missed', 'duplicates', 'reclaims', 'attribute_changes']],
  rw: ['', ['write_calls', 'read_calls']],
  vnodes: ['vnode_', ['active', 'allocate', 'get', 'hold', 'release', 'reclaim', 'remove']],
};

/** One file of /sys/fs/xfs/<device>/stats/stats, as what follows node_xfs_. A line that is missing counts nothing, as node_exporter has it. */
export function parseXfs(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const [prefix, names] of Object.values(LINES)) for (const name of names) values.set(`${prefix}${name}`, 0);
  for (const line of text.split('\n')) {
    const [first = '', ...numbers] = words(line);
    if (!Object.hasOwn(LINES, first)) continue;
    const [prefix, names] = LINES[first]!;
    names.forEach((name, i) => {
      const value = decimal(numbers[i]);
      if (!Number.isNaN(value)) values.set(`${prefix}${name}`, value);
    });
  }
  return values;
}

/** node_xfs_*, by device. */
export function xfsSource(): Source {
  return whereThere((paths) => paths.sys('fs/xfs'), {
    name: 'xfs',
    collect(context) {
      const { paths, labels, metric, sink } = context;
      for (const device of entries(context, paths.sys('fs/xfs'))) {
        const text = attribute(context, paths.sys(`fs/xfs/${device}/stats/stats`));
        // The folder `stats` is the sum of all.
        if (text === undefined) continue;
        const pairs = labels('device', device);
        for (const [name, value] of parseXfs(text)) sink.add(metric('node_xfs_', name, '_total'), pairs, value);
      }
    },
  });
}
