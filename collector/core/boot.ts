import { makeBoot } from '../../proto/hash.ts';
import type { Host } from './host.ts';
import { readWhole, writeWhole } from './whole-file.ts';

/** A life of the collector: every frame names it, and its first frames name the life before. */
export interface Boot {
  /** 12 bytes in hex: a counter (u32, big-endian), then 8 random bytes. */
  readonly id: string;
  readonly counter: number;
  /** The boot before this one, null for the first of all. */
  readonly previous: string | null;
}

/**
 * Begins a new life: counts on from the last one and makes that durable before it returns, so that no two lives share a name even
 * when power fails at once. The random part keeps cloned images apart, and a host whose folder was emptied.
 * @param path the file that holds the name of the last boot, 24 hex digits
 * @throws HeliographError HG_COLLECTOR_DISK
 */
export function beginBoot(host: Host, path: string): Boot {
  const before = readWhole(host.files, path);
  const text = before === null ? '' : host.utf8(before, 0, before.length).trim();
  const previous = /^[0-9a-f]{24}$/.test(text) ? text : null;
  if (before !== null && previous === null) {
    host.log('warn', 'the name of the last boot is not readable, the count starts anew', { path });
  }
  const counter = (previous === null ? 0 : Number.parseInt(previous.slice(0, 8), 16)) + 1;
  const bytes = new Uint8Array(8);
  host.random(bytes);
  const id = makeBoot(counter, bytes);
  writeWhole(host.files, path, host.utf8Bytes(`${id}\n`));
  return { id, counter, previous };
}
