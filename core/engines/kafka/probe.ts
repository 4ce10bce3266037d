import type { Socket } from 'node:net';
import { HeliographError } from '../../../lib/errors.ts';
import { type Access, CONNECT_MS, openSocket } from './client.ts';
import { engineError } from './errors.ts';

const API_VERSIONS = 18;
const METADATA = 3;
/** What we need and since when brokers have it: zstd came with Kafka 2.1, in these versions of Produce and Fetch. */
const NEEDED = [
  { key: 0, name: 'Produce', version: 7 },
  { key: 1, name: 'Fetch', version: 10 },
] as const;
/** The longest answer that is looked at; brokers list about 90 requests, 6 bytes each. */
const MOST_BYTES = 1 << 20;

/**
 * Asks one broker what it speaks, before kafkajs does: kafkajs takes another server's answer for the length of a long message, and
 * waits for the rest.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_VERSION, HG_ENGINE_LOGIN, HG_ENGINE_DOWN
 */
export async function probeBroker(address: string, access: Access, engine: string): Promise<void> {
  const [host, port] = address.split(':') as [string, string];
  const at = `${engine}: ${address}`;
  const line = new Line(host, Number(port), access);
  try {
    await line.opened;
    const versions = parseVersions(await line.ask(API_VERSIONS, 0, new Uint8Array(0)));
    if (versions === null) {
      const secure = access.tls === null ? '; a listener with TLS answers so too: see tls' : '';
      throw new HeliographError('HG_ENGINE_ADDRESS', `${at}: what it answers is not Kafka${secure}`);
    }
    checkVersions(versions, at);
    if (access.sasl === null) await checkOpenToAll(line, versions, at);
  } catch (error) {
    const reset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    if (access.tls !== null && reset && (await answersPlainly(host, Number(port)))) {
      throw new HeliographError('HG_ENGINE_ADDRESS', `${at}: that listener does not speak TLS`, {}, error);
    }
    throw engineError(at, error);
  } finally {
    line.close();
  }
}

/** A plain listener resets a connection that begins with TLS, as one that is going down does. */
async function answersPlainly(host: string, port: number): Promise<boolean> {
  const line = new Line(host, port, { tls: null, sasl: null });
  try {
    await line.opened;
    return parseVersions(await line.ask(API_VERSIONS, 0, new Uint8Array(0))) !== null;
  } catch {
    // Going down it is, or another thing that the first error says better.
    return false;
  } finally {
    line.close();
  }
}

function checkVersions(versions: ReadonlyMap<number, readonly [number, number]>, at: string): void {
  for (const { key, name, version } of NEEDED) {
    const newest = versions.get(key)?.[1] ?? -1;
    if (newest >= version) continue;
    const said = `${at}: it speaks ${name} ${newest}, needed is ${version}: Kafka 2.1 or newer`;
    throw new HeliographError('HG_ENGINE_VERSION', said);
  }
}

/** A listener that wants a login closes the connection at the first question that is not about versions. */
async function checkOpenToAll(
  line: Line,
  versions: ReadonlyMap<number, readonly [number, number]>,
  at: string,
): Promise<void> {
  const [oldest, newest] = versions.get(METADATA) ?? [0, 0];
  if (oldest > 4 || newest < 4) return;
  // No topics, none made.
  const answer = await line.ask(METADATA, 4, new Uint8Array(5));
  if (answer === null) {
    const said = `${at}: it closes the connection when it is asked without a login; see sasl`;
    throw new HeliographError('HG_ENGINE_LOGIN', said);
  }
}

/** error code i16, then an array of (key i16, oldest i16, newest i16); null for anything else. */
function parseVersions(answer: Buffer | null): Map<number, readonly [number, number]> | null {
  if (answer === null || answer.length < 6 || answer.readInt16BE(0) !== 0) return null;
  const count = answer.readInt32BE(2);
  if (count < 0 || answer.length < 6 + count * 6) return null;
  const versions = new Map<number, readonly [number, number]>();
  for (let i = 0, at = 6; i < count; i++, at += 6) {
    versions.set(answer.readInt16BE(at), [answer.readInt16BE(at + 2), answer.readInt16BE(at + 4)]);
  }
  return versions;
}

/** One connection, one question at a time. */
class Line {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #failure: Error | null = null;
  #ended = false;
  #wake: () => void = () => undefined;
  #number = 0;

  constructor(host: string, port: number, access: Access) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#socket = openSocket(host, port, access.tls, resolve);
    const fail = (error: Error) => {
      this.#failure ??= error;
      reject(error);
      this.#wake();
    };
    this.#socket.setTimeout(CONNECT_MS, () => fail(new Error(`no answer within ${CONNECT_MS} ms`)));
    this.#socket.on('error', fail);
    this.#socket.on('close', () => {
      this.#ended = true;
      reject(new Error('the connection was closed'));
      this.#wake();
    });
    this.#socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
  }

  /** The answer's body; null when it is none of Kafka's, or when the connection was closed instead. Rejects for an error of the connection. */
  async ask(key: number, version: number, body: Uint8Array): Promise<Buffer | null> {
    const number = ++this.#number;
    const head = Buffer.alloc(14);
    head.writeInt32BE(10 + body.length, 0);
    head.writeInt16BE(key, 4);
    head.writeInt16BE(version, 6);
    head.writeInt32BE(number, 8);
    head.writeInt16BE(-1, 12);
    this.#socket.write(Buffer.concat([head, body]));
    for (;;) {
      if (this.#bytes.length >= 8) {
        const size = this.#bytes.readInt32BE(0);
        if (size < 4 || size > MOST_BYTES || this.#bytes.readInt32BE(4) !== number) return null;
        if (this.#bytes.length >= 4 + size) {
          const answer = this.#bytes.subarray(8, 4 + size);
          this.#bytes = this.#bytes.subarray(4 + size);
          return answer;
        }
      }
      if (this.#failure) throw this.#failure;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
