import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { stat, unlink, utimes } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * As logrotate does it: by rename (`create`), by a copy and a truncation (`copytruncate`), either of them packed at once (`compress`); by removing the file; and as
 * programs do it that write to a file with a date in its name: a link to the newest one.
 */
export const ROTATIONS = ['create', 'copytruncate', 'delete', 'compress', 'copytruncate-compress', 'symlink'] as const;
export type Rotation = (typeof ROTATIONS)[number];

/** The file before its first line. @param file what readers are told to read */
export function firstFile(file: string, rotation: Rotation): void {
  if (rotation === 'symlink') linkToNew(file, 0);
  else writeFileSync(file, '');
}

/** Rotates once; what is written next goes to `file` again. @param number of the rotation, from 1 on @returns when the old lines are packed */
export async function rotate(file: string, rotation: Rotation, number: number): Promise<void> {
  const old = `${file}.${number}`;
  if (rotation === 'symlink') linkToNew(file, number);
  else if (rotation === 'delete') unlinkSync(file);
  else if (rotation === 'create' || rotation === 'compress') renameSync(file, old);
  else {
    copyFileSync(file, old);
    truncateSync(file);
  }
  if (rotation === 'compress' || rotation === 'copytruncate-compress') await pack(old);
}

function linkToNew(file: string, number: number): void {
  const newest = `${file}.${number}`;
  const link = `${file}.link`;
  writeFileSync(newest, '');
  symlinkSync(newest, link);
  renameSync(link, file);
}

/** As gzip does it: under another name, with the times of the file that goes. */
async function pack(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip({ level: 1 }), createWriteStream(`${path}.gz`));
  const { atime, mtime } = await stat(path);
  await utimes(`${path}.gz`, atime, mtime);
  await unlink(path);
}
