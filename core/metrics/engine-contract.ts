import type { DayRows } from './day-writer.ts';

/** All plain values: it goes to the worker as it is. */
export interface EngineSettings {
  readonly directory: string;
  readonly retentionDays: number;
  readonly maxBytes: number;
  readonly futureMs: number;
  readonly lingerMs: number;
  /** The head goes to the days' files when its journal is this big, and when a window is over. */
  readonly headBytes: number;
  /** A segment of the head journal. */
  readonly segmentBytes: number;
}

/** Where the days' files are written; a worker, or in tests the same thread. */
export interface DayWriting {
  write(day: number, generation: number, rows: DayRows): Promise<void>;
  finish(day: number, bits: Uint8Array): Promise<void>;
  remove(day: number): Promise<void>;
  close(): Promise<void>;
}

export interface EngineEvents {
  damaged(segment: number, bytes: number): void;
  checkpointed(facts: { rows: number; bytes: number; ms: number }): void;
  checkpointFailed(error: unknown): void;
  /** A day's file that is not whole was put aside: nothing of it is served. */
  damagedDay(day: number, aside: string): void;
  removedDay(day: number, reason: 'age' | 'bytes'): void;
}
