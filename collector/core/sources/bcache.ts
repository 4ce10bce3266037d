import { attribute, entries } from './attribute.ts';
import type { Source, SourceContext } from './source.ts';
import { whereThere } from './where-there.ts';

/** Files of a set, its metrics (after node_bcache_), and what they are divided by. */
const OF_SET = [
  ['average_key_size', 'average_key_size_sectors', 1],
  ['btree_cache_size', 'btree_cache_size_bytes', 1],
  ['cache_available_percent', 'cache_available_percent', 1],
  ['congested', 'congested', 1],
  ['root_usage_percent', 'root_usage_percent', 1],
  ['tree_depth', 'tree_depth', 1],
  ['internal/active_journal_entries', 'active_journal_entries', 1],
  ['internal/btree_nodes', 'btree_nodes', 1],
  // Its name says microseconds, its number is nanoseconds.
  ['internal/btree_read_average_duration_us', 'btree_read_average_duration_seconds', 1e9],
  ['internal/cache_read_races', 'cache_read_races_total', 1],
] as const;
const OF_BACKING = [
  ['dirty_data', 'dirty_data_bytes', 1],
  ['stats_total/bypassed', 'bypassed_bytes_total', 1],
  ['stats_total/cache_hits', 'cache_hits_total', 1],
  ['stats_total/cache_misses', 'cache_misses_total', 1],
  ['stats_total/cache_bypass_hits', 'cache_bypass_hits_total', 1],
  ['stats_total/cache_bypass_misses', 'cache_bypass_misses_total', 1],
  ['stats_total/cache_miss_collisions', 'cache_miss_collisions_total', 1],
] as const;
const OF_CACHE = [
  ['io_errors', 'io_errors', 1],
  ['metadata_written', 'metadata_written_bytes_total', 1],
  ['written', 'written_bytes_total', 1],
] as const;
/** Lines of writeback_rate_debug. */
const WRITEBACK: Readonly<Record<string, string>> = {
  rate: 'writeback_rate',
  target: 'dirty_target_bytes',
  proportional: 'writeback_rate_proportional_term',
  integral: 'writeback_rate_integral_term',
  change: 'writeback_change',
};
const UNITS = 'kMGTPEZY';

/** The kernel's short form of a number (bch_hprint): 20.4G is 20 GiB and 400 MiB. NaN for anything else. */
export function longNumber(text: string): number {
  const match = /^(-?)(\d+)(?:\.(\d))?([kMGTPEZY]?)$/.exec(text);
  if (match === null) return Number.NaN;
  const [, sign, whole, tenth = '0', unit = ''] = match;
  const power = unit === '' ? 0 : UNITS.indexOf(unit) + 1;
  const size = Number(whole) * 1024 ** power + (power === 0 ? 0 : Number(tenth) * 100 * 1024 ** (power - 1));
  return sign === '-' ? -size : size;
}

/** node_bcache_*: sets of /sys/fs/bcache, what they stand before, and the caches. */
export function bcacheSource(): Source {
  return whereThere((paths) => paths.sys('fs/bcache'), {
    name: 'bcache',
    collect(context) {
      const { paths, labels } = context;
      for (const uuid of entries(context, paths.sys('fs/bcache'))) {
        if (!uuid.includes('-')) continue;
        const folder = paths.sys(`fs/bcache/${uuid}`);
        add(context, folder, OF_SET, labels('uuid', uuid));
        for (const name of entries(context, folder)) {
          if (/^bdev\d/.test(name)) addBacking(context, `${folder}/${name}`, name, uuid);
          if (/^cache\d/.test(name))
            add(context, `${folder}/${name}`, OF_CACHE, labels('cache_device', name, 'uuid', uuid));
        }
      }
    },
  });
}

function addBacking(context: SourceContext, folder: string, name: string, uuid: string): void {
  const { labels, metric, sink } = context;
  const pairs = labels('backing_device', name, 'uuid', uuid);
  add(context, folder, OF_BACKING, pairs);
  const readaheads = longNumber(attribute(context, `${folder}/stats_total/cache_readaheads`) ?? '');
  // Kernels that count none any more say 0 for ever: node_exporter leaves that out.
  if (readaheads > 0) sink.add('node_bcache_cache_readaheads_total', pairs, readaheads);
  for (const line of (attribute(context, `${folder}/writeback_rate_debug`) ?? '').split('\n')) {
    const [, key = '', text = ''] = /^(\w+):\s+(\S+?)(?:\/sec)?$/.exec(line.trim()) ?? [];
    const value = longNumber(text);
    if (Object.hasOwn(WRITEBACK, key) && !Number.isNaN(value)) {
      sink.add(metric('node_bcache_', WRITEBACK[key]!, ''), pairs, value);
    }
  }
}

function add(
  context: SourceContext,
  folder: string,
  files: readonly (readonly [file: string, metric: string, divisor: number])[],
  pairs: readonly string[],
): void {
  for (const [file, metric, divisor] of files) {
    const value = longNumber(attribute(context, `${folder}/${file}`) ?? '');
    if (!Number.isNaN(value)) context.sink.add(context.metric('node_bcache_', metric, ''), pairs, value / divisor);
  }
}
