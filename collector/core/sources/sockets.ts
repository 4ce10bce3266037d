import type { Host } from '../host.ts';
import { table } from './attribute.ts';
import { decimal, words } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

/** /proc/net/sockstat and sockstat6: `TCP: inuse 4 orphan 0 tw 4` gives ('TCP', 'inuse', 4) ... */
export function parseSockets(text: string, each: (protocol: string, key: string, value: number) => void): void {
  for (const line of text.split('\n')) {
    const [name, ...fields] = words(line);
    if (name === undefined || !name.endsWith(':')) continue;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const value = decimal(fields[i + 1]);
      if (!Number.isNaN(value)) each(name.slice(0, -1), fields[i]!, value);
    }
  }
}

/** `mem` counts pages: their size stands in the auxiliary vector (AT_PAGESZ, 6), in words of 8 or 4 bytes; 4096 if it is not there. */
export function pageSize(host: Host, path: string): number {
  const bytes = new Uint8Array(4096);
  const n = host.files.readFile(path, bytes);
  const view = new DataView(bytes.buffer);
  for (const word of [8, 4]) {
    for (let at = 0; at + 2 * word <= n; at += 2 * word) {
      const high = word === 8 ? view.getUint32(at + 4, true) + view.getUint32(at + 12, true) : 0;
      if (view.getUint32(at, true) !== 6 || high !== 0) continue;
      const size = view.getUint32(at + word, true);
      if (size >= 4096 && size <= 1 << 20 && (size & (size - 1)) === 0) return size;
    }
  }
  return 4096;
}

export function socketsSource(): Source {
  let page = 0;
  return {
    name: 'sockstat',
    collect(context) {
      const { host, paths, metric, sink } = context;
      if (page === 0) page = pageSize(host, paths.proc('self/auxv'));
      for (const file of ['net/sockstat', 'net/sockstat6']) {
        parseSockets(table(context, paths.proc(file)) ?? '', (protocol, key, value) => {
          const name = `${protocol}_${key}`;
          sink.add(metric('node_sockstat_', name, ''), NO_LABELS, value);
          if (key === 'mem') sink.add(metric('node_sockstat_', `${name}_bytes`, ''), NO_LABELS, value * page);
        });
      }
    },
  };
}
