import type { FastifyReply } from 'fastify';
import { ERRORS, type ErrorCode, HeliographError } from '../../lib/errors.ts';

/** Prometheus' error types and the HTTP status that goes with each. */
const STATUS = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 503,
  unavailable: 503,
  not_found: 404,
  internal: 500,
} as const;

/** Where the kind of error says less than HTTP can. */
const STATUS_OF_CODE: Partial<Record<ErrorCode, number>> = {
  HG_CORE_HTTP_HOST: 403,
  HG_DOOR_TOKEN: 401,
  HG_DOOR_SCOPE: 403,
};
const BAD_DATA: ReadonlySet<ErrorCode> = new Set([
  'HG_CORE_DESIRED',
  'HG_CORE_LEVELS',
  'HG_CORE_HTTP_HOST',
  'HG_DOOR_TOKEN',
  'HG_DOOR_SCOPE',
  'HG_ALERT_SILENCE',
  'HG_ALERT_ACK',
  'HG_ALERT_HOSTS_OUT',
]);
const NOT_FOUND: ReadonlySet<ErrorCode> = new Set(['HG_LIMITS_UNKNOWN', 'HG_ALERT_UNKNOWN', 'HG_ALERT_HOST_UNKNOWN']);

type ErrorType = keyof typeof STATUS;

export interface ErrorAnswer {
  status: 'error';
  errorType: ErrorType;
  error: string;
  code?: ErrorCode;
}

export function errorType(error: unknown): ErrorType {
  if (!(error instanceof HeliographError)) {
    // fastify's own: a body too large, a content type it does not read.
    const status = (error as { statusCode?: number }).statusCode;
    return status !== undefined && status >= 400 && status < 500 ? 'bad_data' : 'internal';
  }
  const { code } = error;
  if (/^HG_(LOG_)?QUERY_.*TIMEOUT/.test(code)) return 'timeout';
  if (/^HG_QUERY_.*(CANCEL|ABORT)/.test(code)) return 'canceled';
  if (/^HG_QUERY_.*(EXECUTION|LIMIT|SAMPLES|MEMORY|SERIES|BUDGET|TIER)/.test(code)) return 'execution';
  if (code === 'HG_API_TAILS' || code === 'HG_API_ALERTS' || code === 'HG_ALERT_LEASE') return 'unavailable';
  if (NOT_FOUND.has(code)) return 'not_found';
  if (/^HG_(QUERY|API|LOG_QUERY|LIMITS)(_|$)/.test(code) || BAD_DATA.has(code)) return 'bad_data';
  return 'internal';
}

/** Any error in Prometheus' form; the code of our table stands beside it. */
export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const type = errorType(error);
  const code = error instanceof HeliographError ? error.code : undefined;
  const answer: ErrorAnswer = { status: 'error', errorType: type, error: detailOf(error), ...(code ? { code } : {}) };
  const status = (code && STATUS_OF_CODE[code]) ?? STATUS[type];
  return reply.code(status).send(answer);
}

/** The codes whose message begins with the place in the query. */
const PLACED: ReadonlySet<ErrorCode> = new Set(['HG_QUERY_SYNTAX', 'HG_QUERY_TYPE', 'HG_QUERY_REGEX']);

/** Prometheus' clients show `error`; the code and its sentence in front would only be in the way. */
function detailOf(error: unknown): string {
  if (!(error instanceof HeliographError)) return error instanceof Error ? error.message : String(error);
  const prefix = `${error.code}: ${ERRORS[error.code]}: `;
  const detail = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  if (!PLACED.has(error.code)) return detail;
  // As Prometheus says it, so that Grafana's editor finds the place: 1:5: parse error: ...
  const place = /^(\d+:\d+): (.*)$/s.exec(detail);
  return place ? `invalid parameter "query": ${place[1]}: parse error: ${place[2]}` : detail;
}

/** Prometheus' form of a success. */
export function success(data: unknown, warnings: readonly string[] = []): object {
  return warnings.length > 0 ? { status: 'success', data, warnings } : { status: 'success', data };
}

/** `success` of data that is JSON text already, with what is said beside it. */
export function successText(data: Uint8Array, warnings: readonly string[], infos: readonly string[]): Buffer {
  const said = (name: string, texts: readonly string[]) =>
    texts.length > 0 ? `,"${name}":${JSON.stringify(texts)}` : '';
  const end = `${said('warnings', warnings)}${said('infos', infos)}}`;
  return Buffer.concat([Buffer.from('{"status":"success","data":'), data, Buffer.from(end)]);
}
