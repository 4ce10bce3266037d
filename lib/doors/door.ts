import { HeliographError } from '../errors.ts';
import type { Scope } from '../tokens/token-file.ts';
import type { Guest } from './doorkeeper.ts';
import type { RequestKey } from './request-key.ts';

/** A request that was let in, unpacked. */
export interface DoorRequest {
  /** Media type in lower case, without parameters. */
  readonly type: string;
  /** Parameters of the media type, such as proto=io.prometheus.write.v2.Request. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the address; of a name that stands twice the last. */
  readonly query: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly guest: Guest;
  readonly key: RequestKey | null;
}

export interface DoorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One protocol over HTTP: one path, a few content types. */
export interface HttpDoor {
  readonly name: string;
  readonly path: string;
  /** null: whatever a client writes there. */
  readonly types: ReadonlySet<string> | null;
  /** null: it depends on what is in the body. */
  readonly scope: Scope | null;
  take(request: DoorRequest): Promise<DoorAnswer>;
  /** An error in the form that this protocol's clients read. */
  fail(error: HeliographError, status: number, type: string): Pick<DoorAnswer, 'type' | 'body'>;
}

const STATUS: Readonly<Record<string, number>> = {
  HG_DOOR_TYPE: 415,
  HG_DOOR_ENCODING: 415,
  HG_DOOR_BODY: 413,
  HG_DOOR_UNPACK: 400,
  HG_DOOR_DEPTH: 400,
  HG_DOOR_SYNTAX: 400,
  HG_DOOR_KEY: 400,
  HG_DOOR_TOKEN: 401,
  HG_DOOR_SCOPE: 403,
  HG_DOOR_RATE: 429,
  HG_DOOR_PRESSURE: 429,
  HG_DOOR_BUSY: 503,
  HG_CORE_FAULT: 500,
  HG_CORE_HTTP_HOST: 403,
};

/** What is not the request's own fault is 503: nothing of it is lost if it comes again. */
export function statusOf(error: HeliographError): number {
  return Object.hasOwn(STATUS, error.code) ? STATUS[error.code]! : 503;
}

/** Seconds after which the client may come again, for the answers that want one. */
export function retryAfter(error: HeliographError, status: number): string | null {
  if (status !== 429 && status !== 503) return null;
  return String(typeof error.facts.retryAfterS === 'number' ? error.facts.retryAfterS : 1);
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The client's own name for the request. @throws HeliographError HG_DOOR_KEY */
export function keyOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!KEY.test(header))
    throw new HeliographError('HG_DOOR_KEY', '1 to 255 printable ASCII characters, without spaces');
  return header;
}

/** Media type and parameters of a content-type header. */
export function mediaType(header: string | undefined): { type: string; parameters: Record<string, string> } {
  const [type = '', ...rest] = (header ?? '').split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const at = part.indexOf('=');
    if (at > 0) parameters[part.slice(0, at).toLowerCase()] = part.slice(at + 1).replace(/^"(.*)"$/, '$1');
  }
  return { type: type.toLowerCase(), parameters };
}
