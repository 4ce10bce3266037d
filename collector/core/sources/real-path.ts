import type { HostFiles } from '../host.ts';

/** Links that are followed before it is called a circle, as the kernel has it. */
const MOST_LINKS = 40;

/** Where a path ends when all links in it are followed, as far as there are some; '..' is taken by the real folders. */
export function realPath(files: Pick<HostFiles, 'readlink'>, path: string): string {
  const left = path.split('/').reverse();
  // A path that is not absolute stays so.
  let real = path.startsWith('/') ? '' : '.';
  let links = 0;
  while (left.length > 0) {
    const part = left.pop()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real = real.slice(0, real.lastIndexOf('/'));
      continue;
    }
    const next = `${real}/${part}`;
    const target = files.readlink(next);
    if (typeof target === 'number') real = next;
    else if (++links > MOST_LINKS) return path;
    else {
      if (target.startsWith('/')) real = '';
      left.push(...target.split('/').reverse());
    }
  }
  return real || '/';
}
