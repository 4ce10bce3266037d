import { decimal, words } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

/** /proc/sys/fs/file-nr: allocated, (unused), maximum. */
export function openFilesSource(): Source {
  return {
    name: 'filefd',
    collect({ paths, text, sink }) {
      const numbers = words(text(paths.proc('sys/fs/file-nr')) ?? '').map(decimal);
      if (numbers.length !== 3 || numbers.some(Number.isNaN)) return;
      sink.add('node_filefd_allocated', NO_LABELS, numbers[0]!);
      sink.add('node_filefd_maximum', NO_LABELS, numbers[2]!);
    },
  };
}
