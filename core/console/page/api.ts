import { lost } from './connection.ts';

/** What the core, or the way to it, had against a request. */
export class ApiError extends Error {
  readonly code: string;
  /** True when nobody answered. */
  readonly away: boolean;

  constructor(message: string, code: string, away = false) {
    super(message);
    this.code = code;
    this.away = away;
  }
}

export type Parameters = Readonly<Record<string, string | number | readonly string[] | null | undefined>>;

/** An address of the API; what is null, undefined or '' is left out. */
export function apiAddress(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue;
    for (const one of [value].flat()) if (one !== '') query.append(name, String(one));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

/**
 * The JSON that the API answers.
 * @throws ApiError in the core's own words; an aborted request throws the signal's reason
 */
export function ask<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return request(apiAddress(path, parameters), { signal: signal ?? null });
}

/** As `ask`, of any request. */
export async function request<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(path, init);
    text = await answer.text();
  } catch (error) {
    if (init.signal?.aborted) throw error;
    lost();
    throw new ApiError('The core does not answer.', '', true);
  }
  let body: { status?: unknown; error?: string; code?: string };
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(`The answer to ${path} is not JSON (status ${answer.status}).`, '');
  }
  if (!answer.ok) throw new ApiError(body.error ?? `The core answered with status ${answer.status}.`, body.code ?? '');
  return body as T;
}
