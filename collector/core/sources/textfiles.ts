import { HeliographError } from '../../../lib/errors.ts';
import { readExpositionText } from '../../../lib/ingest/exposition/text.ts';
import { compilePattern, expandPattern, type PathPattern } from '../tail/glob.ts';
import { type Labels, NO_LABELS, type Source, type SourceContext, SourceError } from './source.ts';

export interface TextfilesOptions {
  /** Absolute paths of the machine; `*` and `?` as in a shell. */
  readonly paths: readonly string[];
}

/** A file as it was when it was read. */
interface Known {
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: number;
  readonly labels: Labels;
  /** null: it cannot be used as it stands. */
  readonly samples: readonly { readonly name: string; readonly labels: Labels; readonly value: number }[] | null;
}

/**
 * Samples that programs of the host write into files in Prometheus' text format, with the rules and names of node_exporter's textfile collector: the
 * time of a sample is that of the collection, a file with times of its own is refused whole, and one that is wrong takes no other with it.
 * A file is read again when it changed.
 */
export function textfilesSource({ paths: given }: TextfilesOptions): Source {
  const known = new Map<string, Known>();
  let patterns: PathPattern[] | null = null;
  return {
    name: 'textfile',
    collect(context) {
      const { host, paths, sink, labels } = context;
      patterns ??= given.map((path) => compilePattern(paths.at(path)));
      const found = new Set<string>();
      for (const pattern of patterns) expandPattern(host.files, pattern, (path) => found.add(path));
      for (const path of known.keys()) if (!found.has(path)) known.delete(path);
      const seen = new Set<string>();
      let wrong = 0;
      for (const path of [...found].sort()) {
        const file = look(context, path, known.get(path));
        if (file === null) {
          known.delete(path);
          continue;
        }
        known.set(path, file);
        if (file.samples === null) {
          wrong = 1;
          continue;
        }
        for (const { name, labels: own, value } of file.samples) {
          const key = `${name}\0${own.join('\0')}`;
          // Two files that say the same series: the first by name has it.
          if (seen.has(key)) wrong = 1;
          else {
            seen.add(key);
            sink.add(name, own, value);
          }
        }
        sink.add('node_textfile_mtime_seconds', file.labels, file.mtimeMs / 1000);
      }
      sink.add('node_textfile_scrape_error', labels(), wrong);
    },
  };
}

const stat = new Float64Array(6);

/** null: it is no file, or went. */
function look(context: SourceContext, path: string, before: Known | undefined): Known | null {
  const { host, trouble } = context;
  if (host.files.stat(path, stat) < 0 || stat[5] !== 1) return null;
  const [size, mtimeMs, , inode] = stat as unknown as [number, number, number, number];
  if (before && before.size === size && before.mtimeMs === mtimeMs && before.inode === inode) return before;
  const labels = context.labels('file', path.slice(context.paths.root.length));
  const as = { size, mtimeMs, inode, labels };
  try {
    const text = context.text(path);
    return text === null ? null : { ...as, samples: samplesOf(context, text) };
  } catch (error) {
    if (error instanceof SourceError) {
      trouble.note(error, false);
      // The next collection tries again: a permission is no part of what is compared.
      return { ...as, mtimeMs: Number.NaN, samples: null };
    }
    if (!(error instanceof HeliographError)) throw error;
    host.log('warn', 'a file of metrics cannot be used as it stands; it is read again when it changes', {
      ...{ path, code: error.code, error: error.message },
    });
    return { ...as, samples: null };
  }
}

/** @throws HeliographError HG_SCRAPE_SYNTAX */
function samplesOf({ labels }: SourceContext, text: string): NonNullable<Known['samples']> {
  const samples: { name: string; labels: Labels; value: number }[] = [];
  readExpositionText(text, ({ name, labels: own, value, time }) => {
    if (time !== null) {
      throw new HeliographError('HG_SCRAPE_SYNTAX', `${name} has a time; leave it out: it is that of the collection`);
    }
    samples.push({ name, labels: own.length === 0 ? NO_LABELS : labels(...own), value });
  });
  return samples;
}
