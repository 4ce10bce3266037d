import type { Host } from '../host.ts';
import { pathsUnder } from './paths.ts';
import { type Labels, NO_LABELS, type SampleSink, type SourceContext, SourceError } from './source.ts';
import { Trouble } from './trouble.ts';

/** A file of /proc or /sys that is larger is not read: 16 MiB are ten thousand mounts of containers, or as many neighbours as a kernel keeps. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** What is kept between two files. */
const MOST_KEPT = 4 * 1024 * 1024;

/** ENOENT, ESRCH (a process that went), ENXIO, ENODEV, ENOTDIR, EINVAL (a link that is down has no speed), ENODATA, EOPNOTSUPP (pressure switched off). */
const NOT_HERE: ReadonlySet<number> = new Set([-2, -3, -6, -19, -20, -22, -61, -95]);
/** Caches are dropped when they pass this: devices that come and go for months must not fill the memory. */
const MOST_CACHED = 20_000;

/** `root` is '/' or where the machine's root is mounted or faked. */
export function createSourceContext(host: Host, root: string, sink: SampleSink): SourceContext {
  const paths = pathsUnder(root);
  let buffer = new Uint8Array(16 * 1024);
  const labelCache = new Map<string, Labels>();
  const nameCache = new Map<string, Map<string, string>>();

  return {
    host,
    paths,
    sink,
    trouble: new Trouble(),
    text(path) {
      for (;;) {
        const n = host.files.readFile(path, buffer);
        if (n < 0) {
          if (NOT_HERE.has(n)) return null;
          throw new SourceError(path, n);
        }
        if (n < buffer.length) {
          const text = host.utf8(buffer, 0, n);
          if (buffer.length > MOST_KEPT) buffer = new Uint8Array(MOST_KEPT);
          return text;
        }
        if (buffer.length >= MOST_BYTES) throw new SourceError(path, 0);
        buffer = new Uint8Array(buffer.length * 4);
      }
    },
    names(path) {
      const names = host.files.readdir(path);
      if (typeof names !== 'number') return names.sort();
      if (NOT_HERE.has(names)) return null;
      throw new SourceError(path, names);
    },
    labels(...pairs) {
      if (pairs.length === 0) return NO_LABELS;
      const key = pairs.join('\u0000');
      let labels = labelCache.get(key);
      if (labels === undefined) {
        if (labelCache.size >= MOST_CACHED) labelCache.clear();
        labels = sortedPairs(pairs);
        labelCache.set(key, labels);
      }
      return labels;
    },
    metric(prefix, key, suffix) {
      let names = nameCache.get(prefix);
      if (names === undefined || names.size >= MOST_CACHED) {
        names = new Map();
        nameCache.set(prefix, names);
      }
      let name = names.get(key);
      if (name === undefined) {
        name = `${prefix}${key.replace(/[^A-Za-z0-9_]/g, '_')}${suffix}`;
        names.set(key, name);
      }
      return name;
    },
  };
}

function sortedPairs(pairs: readonly string[]): Labels {
  const rows: [string, string][] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) rows.push([pairs[i]!, pairs[i + 1]!]);
  rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return rows.flat();
}
