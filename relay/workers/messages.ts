import type { LogLevelName } from '../../lib/log.ts';
import type { RelayConfig } from '../config.ts';
import type { Arrival, HostMemory } from '../part.ts';
import type { FromRules, HostFate, ToRules } from '../rules/link.ts';

/** What a worker is told before anything else. */
export interface WorkerOrder {
  readonly worker: number;
  readonly workers: number;
  /** The relay's own folder; the configuration's is the worker's. */
  readonly home: string;
  readonly config: RelayConfig;
  /** False: a folder that is left from a time with more workers; it is only emptied. */
  readonly takesIn: boolean;
  /** Null: no log. */
  readonly log: { readonly level?: LogLevelName; readonly file?: string } | null;
  readonly version?: string;
}

/** Supervisor to worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly order: WorkerOrder }
  | { readonly kind: 'arrival'; readonly id: number; readonly answer: Arrival }
  | { readonly kind: 'hand-over'; readonly id: number; readonly host: string; readonly connection: number }
  | { readonly kind: 'memories'; readonly id: number; readonly hosts: readonly string[] }
  | { readonly kind: 'learn'; readonly id: number; readonly memories: readonly HostMemory[] }
  | { readonly kind: 'desired'; readonly host: string; readonly document: Uint8Array }
  | { readonly kind: 'rules'; readonly message: ToRules }
  | { readonly kind: 'page'; readonly id: number; readonly path: string }
  /** For a folder that is emptied: is it, and does the core know its last account? */
  | { readonly kind: 'farewell'; readonly id: number }
  | { readonly kind: 'stop' };

/** Worker to supervisor. */
export type ToSupervisor =
  /** Its event loop turns. `diskMs`: how long its oldest file operation has been waiting. */
  | { readonly kind: 'beat'; readonly diskMs: number }
  | {
      readonly kind: 'ready';
      readonly port: number;
      readonly websocket: number;
      readonly hosts: readonly string[];
    }
  | { readonly kind: 'failed'; readonly code: string | null; readonly message: string }
  | { readonly kind: 'arrive'; readonly id: number; readonly host: string; readonly connection: number }
  | { readonly kind: 'left'; readonly host: string; readonly connection: number; readonly fate: HostFate }
  | { readonly kind: 'rules'; readonly message: FromRules }
  | { readonly kind: 'learned'; readonly arrivals: number }
  | { readonly kind: 'desired'; readonly host: string; readonly document: Uint8Array }
  /** To hand-over, memories, learn, page and farewell. `error`: it could not be done. */
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown; readonly error?: string };
