import { attribute, entries } from './attribute.ts';
import { decimal, words } from './number.ts';
import { NO_LABELS, type Source, type SourceContext } from './source.ts';
import { whereThere } from './where-there.ts';

/** Files below /proc/spl/kstat/zfs, and what their metrics begin with. */
const TABLES = [
  ['abdstats', 'node_zfs_abd_'],
  ['arcstats', 'node_zfs_arc_'],
  ['dbufstats', 'node_zfs_dbuf_'],
  ['dmu_tx', 'node_zfs_dmu_tx_'],
  ['dnodestats', 'node_zfs_dnode_'],
  ['fm', 'node_zfs_fm_'],
  ['vdev_cache_stats', 'node_zfs_vdev_cache_'],
  ['vdev_mirror_stats', 'node_zfs_vdev_mirror_'],
  ['xuio_stats', 'node_zfs_xuio_'],
  ['zfetchstats', 'node_zfs_zfetch_'],
  ['zil', 'node_zfs_zil_'],
] as const;
const STATES = ['online', 'degraded', 'faulted', 'offline', 'removed', 'unavail', 'suspended'];
const OF_POOL = 'node_zfs_zpool_';
const OF_DATASET = 'node_zfs_zpool_dataset_';

/** Rows of a kstat table, `name type data`: type 4 is uint64, 3 int64, 7 a string (which may have blanks in it). */
export function parseKstat(text: string, each: (name: string, type: string, data: string) => void): void {
  let inside = false;
  for (const line of text.split('\n')) {
    const [, name = '', type = '', data = ''] = /^\s*(\S+)\s+(\S+)\s+(.*\S)\s*$/.exec(line) ?? [];
    if (!inside) inside = name === 'name' && type === 'type' && data === 'data';
    else if (data !== '') each(name, type, data);
  }
}

/** The `io` table of a pool of older versions: a line of names that begins with nread, and a line of numbers. */
export function parsePoolIo(text: string, each: (name: string, value: number) => void): void {
  const lines = text.split('\n').map(words);
  const at = lines.findIndex((fields) => fields[0] === 'nread' && fields.length >= 12);
  if (at === -1) return;
  lines[at]!.forEach((name, i) => {
    const value = decimal(lines[at + 1]?.[i]);
    if (!Number.isNaN(value)) each(name, value);
  });
}

/** node_zfs_*: what OpenZFS counts, of all, of each pool, and of each data set. */
export function zfsSource(): Source {
  return whereThere((paths) => paths.proc('spl/kstat/zfs'), {
    name: 'zfs',
    collect(context) {
      const { paths, metric, sink } = context;
      const root = paths.proc('spl/kstat/zfs');
      for (const [file, prefix] of TABLES) {
        parseKstat(attribute(context, `${root}/${file}`) ?? '', (name, type, data) => {
          const value = type === '4' || type === '3' ? decimal(data) : Number.NaN;
          if (!Number.isNaN(value)) sink.add(metric(prefix, name, ''), NO_LABELS, value);
        });
      }
      for (const pool of entries(context, root)) addPool(context, `${root}/${pool}`, pool);
    },
  });
}

function addPool(context: SourceContext, folder: string, pool: string): void {
  const { labels, metric, sink } = context;
  // Most names below are files: a folder is a pool.
  for (const file of entries(context, folder)) {
    if (file === 'io') {
      const pairs = labels('zpool', pool);
      parsePoolIo(attribute(context, `${folder}/io`) ?? '', (name, value) =>
        sink.add(metric(OF_POOL, name, ''), pairs, value),
      );
    } else if (file === 'state') {
      const now = attribute(context, `${folder}/state`)?.split('\n')[0]?.toLowerCase();
      if (now === undefined) continue;
      for (const state of STATES) {
        sink.add('node_zfs_zpool_state', labels('state', state, 'zpool', pool), state === now ? 1 : 0);
      }
    } else if (file.startsWith('objset-')) addDataset(context, `${folder}/${file}`, pool);
  }
}

function addDataset(context: SourceContext, path: string, pool: string): void {
  const { labels, metric, sink } = context;
  let dataset = '';
  parseKstat(attribute(context, path) ?? '', (name, type, data) => {
    if (name === 'dataset_name') dataset = data;
    const value = type === '4' ? decimal(data) : Number.NaN;
    if (!Number.isNaN(value)) {
      sink.add(metric(OF_DATASET, name, ''), labels('dataset', dataset, 'zpool', pool), value);
    }
  });
}

/** What node_exporter says of such a metric: the name of the number in OpenZFS. @param key what follows node_zfs_ */
export function zfsHelp(key: string): string {
  for (const [prefix, of] of [
    ['zpool_dataset_', 'objset'],
    ['zpool_', 'io'],
    ...TABLES.map(([file, start]) => [start.slice('node_zfs_'.length), file] as const),
  ] as const) {
    if (key.startsWith(prefix)) return `kstat.zfs.misc.${of}.${key.slice(prefix.length)}`;
  }
  return `kstat.zfs.misc.${key}`;
}
