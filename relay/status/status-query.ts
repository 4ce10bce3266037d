import { HeliographError } from '../../lib/errors.ts';
import { SORTS, type Sort } from './contract.ts';

/** Which hosts are shown. */
export interface StatusQuery {
  readonly sort: Sort;
  /** A part of the host's name, lower case; '': all. */
  readonly host: string;
  /** Rows passed over, and rows given. */
  readonly from: number;
  readonly count: number;
}

export const MOST_ROWS = 500;
const USUAL_ROWS = 50;
const MOST_FROM = 1_000_000;
const MOST_NAME = 128;

/**
 * The parameters of `/status.json`: `sort`, `host`, `from`, `count`.
 * @throws HeliographError HG_API_PARAMETER
 */
export function statusQuery(parameters: URLSearchParams): StatusQuery {
  for (const name of parameters.keys()) {
    if (!['sort', 'host', 'from', 'count'].includes(name))
      throw wrong(`${name} is none; there are sort, host, from and count`);
  }
  const sort = parameters.get('sort') ?? 'backlog';
  if (!SORTS.includes(sort as Sort)) throw wrong(`sort is one of ${SORTS.join(', ')}`);
  const host = parameters.get('host') ?? '';
  if (host.length > MOST_NAME) throw wrong(`host is a part of a name, at most ${MOST_NAME} characters`);
  return {
    sort: sort as Sort,
    host: host.toLowerCase(),
    from: whole(parameters, 'from', 0, MOST_FROM, 0),
    count: whole(parameters, 'count', 0, MOST_ROWS, USUAL_ROWS),
  };
}

/** The same as a request's parameters. */
export function parametersOf({ sort, host, from, count }: StatusQuery): URLSearchParams {
  return new URLSearchParams({ sort, host, from: String(from), count: String(count) });
}

function whole(parameters: URLSearchParams, name: string, least: number, most: number, usual: number): number {
  const text = parameters.get(name);
  if (text === null) return usual;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw wrong(`${name} is a whole number from ${least} to ${most}`);
  }
  return value;
}

function wrong(detail: string): HeliographError {
  return new HeliographError('HG_API_PARAMETER', detail);
}
