import type { Away, LetterView, RefusedOne } from '../core/letters/desk.ts';
import type { LetterGroup } from '../core/letters/list.ts';
import { HeliographError } from '../lib/errors.ts';
import { askCore, coreUrl } from './core-client.ts';

export interface LetterPage {
  readonly letters: readonly LetterView[];
  readonly next: string | null;
  readonly groups: readonly LetterGroup[];
  readonly bytes: number;
  readonly maxBytes: number;
  /** Processes of a split core whose letters are not among these. */
  readonly away: readonly Away[];
}

export interface LetterWhole extends LetterView {
  readonly relay: string | null;
  readonly site: string | null;
  readonly received: number | null;
  readonly line: Readonly<Record<string, unknown>> | null;
  readonly refused: readonly RefusedOne[] | null;
  /** base64. */
  readonly data: string | null;
}

export interface ReplayAnswer {
  readonly replayed: number;
  readonly failed: readonly {
    readonly id: string;
    readonly reason: string;
    readonly code: string;
    readonly message: string;
    readonly process: string;
  }[];
  readonly next: string | null;
  readonly stopped: { readonly code: string; readonly message: string } | null;
  readonly away: readonly Away[];
}

export interface PurgeAnswer {
  readonly letters: number;
  readonly bytes: number;
  readonly groups: readonly LetterGroup[];
  readonly dryRun: boolean;
  readonly away: readonly Away[];
}

/** What the options of all commands say about which letters are meant. Times in ms. */
export interface LetterOptions {
  readonly id?: readonly string[];
  readonly kind?: readonly string[];
  readonly class?: readonly string[];
  readonly reason?: readonly string[];
  readonly host?: readonly string[];
  readonly service?: readonly string[];
  readonly since?: number;
  readonly olderThan?: number;
  readonly all?: boolean;
}

/** The filter as the API takes it in a body; null when nothing was said. */
export function filterOf(options: LetterOptions): Record<string, unknown> | null {
  const { id, kind, class: classes, reason, host, service, since, olderThan, all } = options;
  const filter = {
    ...(id?.length ? { ids: id } : {}),
    ...(kind ? { kind } : {}),
    ...(classes ? { class: classes } : {}),
    ...(reason ? { reason } : {}),
    ...(host ? { host } : {}),
    ...(service ? { service } : {}),
    ...(since === undefined ? {} : { start: since / 1000 }),
    ...(olderThan === undefined ? {} : { end: olderThan / 1000 }),
    ...(all ? { all: true } : {}),
  };
  return Object.keys(filter).length === 0 ? null : filter;
}

/** filterOf, and an error that teaches when it is empty. @throws HeliographError HG_CONFIG_VALUE */
export function filterOrSay(options: LetterOptions, command: string): Record<string, unknown> {
  const filter = filterOf(options);
  if (filter) return filter;
  throw new HeliographError(
    'HG_CONFIG_VALUE',
    `which dead letters? Name them (heliograph deadletters ${command} ID...), give a condition such as --host, --reason or --older-than, or --all`,
  );
}

export async function pageOf(core: string, options: LetterOptions, limit: number, cursor: string | null) {
  const url = coreUrl(core, '/api/v1/deadletters', {
    ...(options.id?.length ? { id: options.id } : {}),
    kind: options.kind,
    class: options.class,
    reason: options.reason,
    host: options.host,
    service: options.service,
    start: options.since === undefined ? undefined : String(options.since / 1000),
    end: options.olderThan === undefined ? undefined : String(options.olderThan / 1000),
    limit: String(limit),
    cursor: cursor ?? undefined,
  });
  return askCore<LetterPage>(url);
}

export async function letterOf(core: string, id: string): Promise<LetterWhole> {
  return (await askCore<LetterWhole>(coreUrl(core, `/api/v1/deadletters/${encodeURIComponent(id)}`))).body;
}

/** A replay is made of steps, so that each is done within a minute. */
export async function replayStep(core: string, filter: object, cursor: string | null): Promise<ReplayAnswer> {
  const body = { filter, limit: 100, cursor };
  return (await askCore<ReplayAnswer>(coreUrl(core, '/api/v1/deadletters/replay'), 600_000, body)).body;
}

export async function purge(core: string, filter: object, dryRun: boolean): Promise<PurgeAnswer> {
  return (await askCore<PurgeAnswer>(coreUrl(core, '/api/v1/deadletters/purge'), 600_000, { filter, dryRun })).body;
}
