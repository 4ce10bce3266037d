import { addKnown, attribute, attributeNumber, entries } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source, SourceContext } from './source.ts';
import { whereThere } from './where-there.ts';

const UNITS = 'kmgtpe';

/** The file system's short form of bytes: `48.9G`, in powers of 1024, without a fraction of a byte. NaN for anything else. */
export function plainBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgtpe]?)$/i.exec(text);
  if (match === null) return Number.NaN;
  const power = match[2] === '' ? 0 : UNITS.indexOf(match[2]!.toLowerCase()) + 1;
  return Math.trunc(Number(match[1]) * 1024 ** power);
}

/** Rows below a heading: the first word without its colon, and the other words. */
function rows(text: string | undefined, heading: boolean): (readonly [string, readonly string[]])[] {
  const lines = (text ?? '').split('\n').slice(heading ? 1 : 0);
  return lines.flatMap((line) => {
    const [name = '', ...fields] = words(line);
    return name === '' || fields.length === 0 ? [] : [[name.replace(/:$/, ''), fields] as const];
  });
}

/** `read:` and `write:`, each with its kinds of data and bytes below it. */
export function parseIoDone(text: string): (readonly [operation: string, data: string, bytes: number])[] {
  let operation = '';
  return text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^\s*(\w+)\s*:\s*(\d*)\s*$/.exec(line) ?? [];
    if (name !== '' && value === '') operation = name;
    return operation === '' || value === '' ? [] : [[operation, name, Number(value)] as const];
  });
}

/** The errors since the file system was made; what follows are those since it was mounted or its errors were forgotten. */
export function parseIoErrors(text: string): (readonly [type: string, count: number])[] {
  const [, since = ''] = /^IO errors since filesystem creation.*\n((?:(?!IO errors since).*\n?)*)/m.exec(text) ?? [];
  return [...since.matchAll(/^\s*(\w+)\s*:\s*(\d+)\s*$/gm)].map((match) => [match[1]!, Number(match[2])] as const);
}

/** node_bcachefs_*, as /sys/fs/bcachefs/<uuid> has it. */
export function bcachefsSource(): Source {
  return whereThere((paths) => paths.sys('fs/bcachefs'), {
    name: 'bcachefs',
    collect(context) {
      const { paths } = context;
      for (const uuid of entries(context, paths.sys('fs/bcachefs'))) {
        if (uuid.includes('-')) addFilesystem(context, paths.sys(`fs/bcachefs/${uuid}`), uuid);
      }
    },
  });
}

function addFilesystem(context: SourceContext, folder: string, uuid: string): void {
  const { labels, metric } = context;
  const read = (file: string): string | undefined => attribute(context, `${folder}/${file}`);
  const add = (name: string, value: number, ...pairs: string[]): void => {
    addKnown(context, metric('node_bcachefs_', name, ''), labels('uuid', uuid, ...pairs), value);
  };
  add('info', 1);
  add('btree_cache_size_bytes', plainBytes(read('btree_cache_size') ?? ''));
  for (const [algorithm, [compressed = '', plain = '']] of rows(read('compression_stats'), true)) {
    add('compression_compressed_bytes', plainBytes(compressed), 'algorithm', algorithm);
    add('compression_uncompressed_bytes', plainBytes(plain), 'algorithm', algorithm);
  }
  for (const [type, [count]] of rows(read('errors'), false)) add('errors_total', decimal(count), 'error_type', type);
  for (const counter of entries(context, `${folder}/counters`)) {
    const [, since = ''] = /^since filesystem creation:\s*(\S+)/m.exec(read(`counters/${counter}`) ?? '') ?? [];
    add(`${counter}_total`, plainBytes(since));
  }
  for (const [type, [count, size = '']] of rows(read('btree_write_stats'), true)) {
    add('btree_writes_total', decimal(count), 'type', type);
    add('btree_write_average_size_bytes', plainBytes(size), 'type', type);
  }
  for (const entry of entries(context, folder)) {
    if (entry.startsWith('dev-')) addDevice(context, `${folder}/${entry}`, entry.slice('dev-'.length), uuid);
  }
}

function addDevice(context: SourceContext, folder: string, device: string, uuid: string): void {
  const { labels, metric } = context;
  const read = (file: string): string => attribute(context, `${folder}/${file}`) ?? '';
  const add = (name: string, value: number, ...pairs: string[]): void => {
    const all = labels('device', device, 'uuid', uuid, ...pairs);
    addKnown(context, metric('node_bcachefs_device_', name, ''), all, value);
  };
  add('info', 1, 'label', read('label'), 'state', read('state'));
  add('bucket_size_bytes', plainBytes(read('bucket_size')));
  add('buckets', attributeNumber(context, `${folder}/nbuckets`));
  add('durability', attributeNumber(context, `${folder}/durability`));
  for (const [operation, data, bytes] of parseIoDone(read('io_done'))) {
    add('io_done_bytes_total', bytes, 'data_type', data, 'operation', operation);
  }
  for (const [type, count] of parseIoErrors(read('io_errors'))) add('io_errors_total', count, 'type', type);
}

/** What node_exporter says of a counter. @param key what follows node_bcachefs_ */
export const bcachefsHelp = (key: string): string =>
  `Bcachefs counter ${key.replace(/_total$/, '')} since filesystem creation.`;
