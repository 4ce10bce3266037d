import { join } from 'node:path';
import type { RelayConfig } from '../config.ts';
import type { Room } from './rooms.ts';

/** A worker's folder. The first has the relay's own, so that a relay that was one process goes on where it was. */
export function folderOf(home: string, worker: number): string {
  return worker === 0 ? home : join(home, `worker-${worker}`);
}

/**
 * One worker's configuration. Caps of disk and memory, and the rate of handshakes, are those of the whole relay and are
 * divided; what holds for one connection or one host stays as it is. How many hosts may be connected is counted over all
 * workers by the supervisor.
 * @param room its part of the disk (rooms.ts)
 */
export function shareOf(config: RelayConfig, worker: number, room: Room): RelayConfig {
  const { workers, journal, forward, limits, rollups } = config;
  const part = (whole: number) => Math.floor(whole / workers);
  // A window below two blocks would wait for the core's answer after each.
  const window = (whole: number) => Math.max(Math.min(whole, 2 * forward.blockBytes), part(whole));
  return {
    ...config,
    dataDir: folderOf(config.dataDir, worker),
    journal: { ...journal, maxBytes: room.journal },
    rollups: rollups && {
      ...rollups,
      maxSeries: Math.max(1, part(rollups.maxSeries)),
      maxGroups: Math.max(1, part(rollups.maxGroups)),
    },
    forward: {
      ...forward,
      window: window(forward.window),
      metricWindow: window(forward.metricWindow),
      deadLetterBytes: part(forward.deadLetterBytes),
    },
    limits: {
      ...limits,
      heldBytesTotal: Math.max(Math.min(limits.heldBytes, limits.heldBytesTotal), part(limits.heldBytesTotal)),
      writingBytes: part(limits.writingBytes),
      definitionBytesTotal: room.definitions,
      handshakesPerSecond: Math.max(1, limits.handshakesPerSecond / workers),
      leastHandshakesPerSecond: Math.max(1, limits.leastHandshakesPerSecond / workers),
      mostHandshakesPerSecond: Math.max(1, limits.mostHandshakesPerSecond / workers),
      handshakeBurst: Math.max(1, part(limits.handshakeBurst)),
    },
  };
}
