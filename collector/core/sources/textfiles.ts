import { HeliographError } from '../../../lib/errors.ts';
import type { Label } from '../../../lib/ingest/batch.ts';
import { readExpositionText } from '../../../lib/ingest/exposition/text.ts';
import { checkSeries, SERIES_LIMITS } from '../../../lib/stages/series-check.ts';
import { SELF_PREFIX } from '../self-source.ts';
import { compilePattern, expandPattern, type PathPattern } from '../tail/glob.ts';
import { type Labels, NO_LABELS, type Source, type SourceContext, SourceError } from './source.ts';

export interface TextfilesOptions {
  /** Absolute paths of the machine; `*` and `?` as in a shell. */
  readonly paths: readonly string[];
  /** Of all files that are kept: as samples they take several times as much memory. */
  readonly mostBytes: number;
  /** Covers what must not leave the host in the value of a label. */
  readonly mask?: (text: string) => string;
}

/** A file as it was when it was read. */
interface Known {
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: number;
  readonly labels: Labels;
  /** What the log was told of it last. */
  told: string;
  /** null: it cannot be used as it stands. */
  readonly samples: readonly Sample[] | null;
}

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** More are not looked at: one that makes a file a run and removes none would fill the memory. */
const MOST_FILES = 1000;

/** What the collector says of itself and of the files. */
const OWN = /^node_(?:scrape_collector_\w+|textfile_(?:mtime_seconds|scrape_error))$/;

/**
 * Samples that programs of the host write into files in Prometheus' text format, with the rules and names of node_exporter's textfile collector: the
 * time of a sample is that of the collection, a file with times of its own is refused whole, and one that is wrong takes no other with it.
 * A file is read again when it changed. A series that another source or a file before says has that value.
 */
export function textfilesSource(options: TextfilesOptions): Source {
  const known = new Map<string, Known>();
  let patterns: PathPattern[] | null = null;
  let toldMany = false;
  return {
    name: 'textfile',
    collect(context) {
      const { host, paths, sink, labels } = context;
      patterns ??= options.paths.map((path) => compilePattern(paths.at(path)));
      const found = new Set<string>();
      for (const pattern of patterns) expandPattern(host.files, pattern, (path) => found.add(path));
      const looked = [...found].sort().slice(0, MOST_FILES);
      const kept = new Set(looked);
      for (const path of known.keys()) if (!kept.has(path)) known.delete(path);
      const over = found.size - looked.length;
      if (over > 0 && !toldMany) {
        host.log('warn', 'there are too many files of metrics; the last by name are left out', {
          files: found.size,
          over,
        });
      }
      toldMany = over > 0;
      let wrong = over > 0 ? 1 : 0;
      let room = options.mostBytes;
      for (const path of looked) {
        const file = look(context, options, path, known.get(path), room);
        if (file === null) {
          known.delete(path);
          continue;
        }
        known.set(path, file);
        if (file.samples === null) {
          wrong = 1;
          continue;
        }
        room -= file.size;
        let twice = '';
        for (const { name, labels: own, value } of file.samples) {
          if (sink.addFirst === undefined) sink.add(name, own, value);
          else if (!sink.addFirst(name, own, value)) twice = name;
        }
        if (twice !== '') {
          wrong = 1;
          tell(context, file, path, `${twice} is said before, by this host or another file`);
        }
        sink.add('node_textfile_mtime_seconds', file.labels, file.mtimeMs / 1000);
      }
      sink.add('node_textfile_scrape_error', labels(), wrong);
    },
  };
}

const stat = new Float64Array(6);

/** null: it is no file, or went. */
function look(
  context: SourceContext,
  options: TextfilesOptions,
  path: string,
  before: Known | undefined,
  room: number,
): Known | null {
  const { host, trouble } = context;
  if (host.files.stat(path, stat) < 0 || stat[5] !== 1) return null;
  const [size, mtimeMs, , inode] = stat as unknown as [number, number, number, number];
  const labels = context.labels('file', path.slice(context.paths.root.length));
  const as = { size, mtimeMs, inode, labels, told: before?.told ?? '' };
  try {
    if (size > room) throw new SourceError(path, 0);
    if (before && before.size === size && before.mtimeMs === mtimeMs && before.inode === inode) return before;
    const text = context.text(path);
    if (text === null) return null;
    // It may have grown since.
    if (text.length > room) throw new SourceError(path, 0);
    return { ...as, size: Math.max(size, text.length), samples: samplesOf(text, options.mask) };
  } catch (error) {
    if (error instanceof SourceError) {
      trouble.note(error, false);
      // The next collection tries again: neither a permission nor the room is a part of what is compared.
      const file = { ...as, mtimeMs: Number.NaN, samples: null };
      tell(context, file, path, error.errno === 0 ? `more than ${options.mostBytes} bytes in all` : error.message);
      return file;
    }
    if (!(error instanceof HeliographError)) throw error;
    const file = { ...as, told: '', samples: null };
    tell(context, file, path, error.message, error.code);
    return file;
  }
}

/** Once for each thing that is wrong with a file. */
function tell({ host }: SourceContext, file: Known, path: string, error: string, code?: string): void {
  if (file.told === error) return;
  file.told = error;
  const message =
    file.samples === null
      ? 'a file of metrics cannot be used as it stands; it is read again when it changes'
      : 'a series of a file of metrics is left out';
  host.log('warn', message, { path, ...(code === undefined ? {} : { code }), error });
}

/** @throws HeliographError HG_SCRAPE_SYNTAX */
function samplesOf(text: string, mask = (value: string) => value): Sample[] {
  const samples: Sample[] = [];
  const wrong = (why: string) => new HeliographError('HG_SCRAPE_SYNTAX', why);
  readExpositionText(text, ({ name, labels: flat, value, time }) => {
    if (time !== null) throw wrong(`${name} has a time; leave it out: it is that of the collection`);
    if (name.startsWith(SELF_PREFIX) || OWN.test(name)) throw wrong(`${name} is for the collector to say`);
    const own: Label[] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) own.push([flat[i]!, mask(flat[i + 1]!)]);
    const checked = checkSeries(name, own, SERIES_LIMITS);
    if (checked.code !== null) throw wrong(checked.message);
    samples.push({ name, labels: own.length === 0 ? NO_LABELS : checked.labels.flat(), value });
  });
  return samples;
}
