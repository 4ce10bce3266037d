import type { JournalFiles } from '../lib/journal/contract.ts';

/**
 * Writes a file whole or not at all, and durably: a new file, fsync, rename, fsync of the folder.
 * @param bytes all of them, or one part after the other, of which none is kept
 */
export async function writeDurably(
  files: JournalFiles,
  path: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await files.open(`${path}.new`, true);
  try {
    await file.truncate(0);
    let at = 0;
    for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
      await file.write(part, at);
      at += part.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(`${path}.new`, path);
  await files.syncDirectory(path.slice(0, path.lastIndexOf('/')));
}

/** A whole file; null if there is none. */
export async function readWhole(files: JournalFiles, path: string): Promise<Uint8Array | null> {
  let file: Awaited<ReturnType<JournalFiles['open']>>;
  try {
    file = await files.open(path, false);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const bytes = new Uint8Array(await file.size());
    for (let at = 0; at < bytes.length; ) {
      const read = await file.read(bytes.subarray(at), at);
      if (read === 0) return bytes.subarray(0, at);
      at += read;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
