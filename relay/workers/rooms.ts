import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../lib/log.ts';
import type { RelayConfig } from '../config.ts';
import { DEFINITION_SEGMENT_BYTES } from '../definition-segment.ts';
import { folderOf } from './share.ts';

/** With fewer segments than these a journal could not make room by whole segments. */
const LEAST_SEGMENTS = 4;

/** Disk that a worker may use, bytes. */
export interface Room {
  readonly journal: number;
  readonly definitions: number;
}

/**
 * The relay's disk, divided by what its workers' folders hold now: equally, but one that holds more than its equal share, as
 * the first does when there are more workers than before, keeps what it has and some segments to go on with, and the others
 * share the rest. Divided anew at each start. Folders of more workers than there are now are not among these.
 */
export function roomsOf(config: RelayConfig): Room[] {
  const folders = Array.from({ length: config.workers }, (_, worker) => folderOf(config.dataDir, worker));
  const held = (name: string) => folders.map((folder) => bytesOfSegments(join(folder, name)));
  const { maxBytes, segmentBytes } = config.journal;
  const journals = divideRoom(maxBytes, LEAST_SEGMENTS * segmentBytes, held('journal'));
  const definitions = divideRoom(
    config.limits.definitionBytesTotal,
    LEAST_SEGMENTS * DEFINITION_SEGMENT_BYTES,
    held('definitions'),
  );
  return journals.map((journal, worker) => ({ journal, definitions: definitions[worker]! }));
}

/** Whoever takes more workers while one has much to deliver must know why the room is not divided evenly. */
export function tellUneven(rooms: readonly Room[], maxBytes: number, log: Logger): void {
  const even = Math.floor(maxBytes / rooms.length);
  const large = rooms.flatMap((room, worker) => (room.journal > even ? [worker] : []));
  if (large.length === 0) return;
  log.warn(
    'workers whose journals hold more than an equal share keep their room, the others share the rest; even after a restart once they are drained',
    { workers: large.join(','), bytes: rooms.map((room) => room.journal).join(','), max_bytes: maxBytes },
  );
}

/** The room of a folder of more workers than there are now: what it holds has to go, and nothing of it may go before. */
export function roomOfLeft(config: RelayConfig, worker: number): Room {
  const folder = folderOf(config.dataDir, worker);
  const room = (name: string, whole: number, least: number) =>
    Math.max(Math.floor(whole / config.workers), bytesOfSegments(join(folder, name)) + least);
  return {
    journal: room('journal', config.journal.maxBytes, LEAST_SEGMENTS * config.journal.segmentBytes),
    definitions: room('definitions', config.limits.definitionBytesTotal, LEAST_SEGMENTS * DEFINITION_SEGMENT_BYTES),
  };
}

/**
 * Divides `whole` bytes: nobody gets less than it holds, nor less than `least`. Only where these alone are more than the
 * whole is the sum larger, by `least` for each part but one at most; it does not grow from one start to the next.
 * @param held by part, bytes
 * @returns by part, bytes
 */
export function divideRoom(whole: number, least: number, held: readonly number[]): number[] {
  const spare = Math.max(0, whole - held.reduce((sum, bytes) => sum + bytes, 0));
  // Somebody who is full already would give up old records for the first new one.
  const ahead = Math.min(least, Math.floor(spare / held.length));
  const needs = held.map((bytes) => Math.max(bytes + ahead, least));
  let rest = whole;
  let equal = needs.map((_, part) => part);
  const rooms = [...needs];
  for (;;) {
    const share = Math.floor(rest / equal.length);
    const more = equal.filter((part) => needs[part]! > share);
    if (more.length === 0) {
      for (const part of equal) rooms[part] = share;
      return rooms;
    }
    for (const part of more) rest -= needs[part]!;
    equal = equal.filter((part) => !more.includes(part));
    if (equal.length === 0) return rooms;
  }
}

/** Bytes of a journal's segments, in the folders of its chains; 0 where it has none. */
export function bytesOfSegments(journal: string): number {
  try {
    return readdirSync(journal, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((chain) => readdirSync(join(journal, chain.name)).map((file) => join(journal, chain.name, file)))
      .reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  } catch {
    // Not there yet, or not to be read: the worker that opens it says what is wrong with it.
    return 0;
  }
}
