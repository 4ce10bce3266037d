import { crc32 } from 'node:zlib';
import type { ChainOptions, JournalOptions, JournalReader, JournalRecord } from '../../lib/journal/contract.ts';
import { nodeFiles } from '../../lib/node-files.ts';

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export const LOG_CHAIN: ChainOptions = { name: 'log', rank: 3, policy: 'drop-oldest', readers: ['main'] };

export function setTimer(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Options of a journal with one chain `log` and one reader `main`. */
export function journalOptions(directory: string, more: Partial<JournalOptions> = {}): JournalOptions {
  return {
    directory,
    files: nodeFiles,
    chains: [LOG_CHAIN],
    now: () => Date.now(),
    crc32,
    timer: setTimer,
    segmentBytes: 1024 * 1024,
    maxBytes: 64 * 1024 * 1024,
    lingerMs: 0,
    mode: 'disk',
    ...more,
  };
}

/** Everything from `position` on that is not acknowledged. */
export async function readAll(reader: JournalReader, position: number, maxBytes = 64 * 1024): Promise<JournalRecord[]> {
  const all: JournalRecord[] = [];
  for (let at = position; ; ) {
    const { records, next } = await reader.read(at, maxBytes);
    if (records.length === 0) return all;
    all.push(...records);
    at = next;
  }
}
