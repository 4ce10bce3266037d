import snmp, { type Session as NetSession, type User } from 'net-snmp';
import type { Host } from '../../core/host.ts';
import type { Credentials, Device } from './device.ts';
import { failure, snmpFailure } from './failure.ts';
import { PollSocket, type Traffic } from './socket.ts';
import type { Varbind } from './values.ts';

/** Keys made of a password for an engine; a device that names another engine each time must not fill the memory. */
const MOST_KEYS = 4096;

/** Where a device is, looked up. */
export interface Peer {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * The exchange of one poll with one device: a socket, a budget of time and requests, and the first failure, which ends it. Each question is answered or
 * rejects with an error of the table.
 */
export class Session {
  readonly #device: Device;
  readonly #session: NetSession;
  readonly #socket: PollSocket;
  readonly #host: Host;
  readonly #timer: number;
  #ended: Error | null = null;
  /** Rejects the question that waits. */
  #asked: ((error: Error) => void) | null = null;
  #closed = false;

  constructor(host: Host, device: Device, peer: Peer) {
    this.#host = host;
    this.#device = device;
    const { budget, credentials } = device;
    this.#socket = new PollSocket(
      { ...peer, port: device.port },
      device.anySource,
      () => this.#maySend(),
      (error) => this.#end(snmpFailure(device, error, this.traffic)),
    );
    const options = {
      version: credentials.version === '3' ? snmp.Version3 : snmp.Version2c,
      port: device.port,
      transport: peer.family === 6 ? ('udp6' as const) : ('udp4' as const),
      retries: device.retries,
      timeout: device.timeoutMs,
      dgramModule: { createSocket: () => this.#socket },
    };
    if (credentials.version === '3') {
      const known = snmp.Authentication;
      if (Object.keys(known.authToKeyCache).length > MOST_KEYS) known.authToKeyCache = {};
      this.#session = snmp.createV3Session(peer.address, userOf(credentials), {
        ...options,
        context: credentials.context,
      });
    } else {
      this.#session = snmp.createSession(peer.address, credentials.community, options);
    }
    // What it cannot decode it says here; the question is asked again when its time is over.
    this.#session.on('error', () => {
      this.traffic.malformed++;
    });
    this.#timer = host.timer(() => {
      this.#end(
        failure(
          'HG_SNMP_BUDGET',
          device,
          `the poll takes longer than ${budget.ms} ms; raise its budget, or poll fewer modules`,
        ),
      );
    }, budget.ms);
  }

  get traffic(): Traffic {
    return this.#socket.traffic;
  }

  /** The values of some objects, in their order. @throws HeliographError HG_SNMP_* */
  async get(oids: readonly string[]): Promise<Varbind[]> {
    const answer = await this.#ask<Varbind[]>((done) => this.#session.get([...oids], done));
    if (answer.length !== oids.length || answer.some(({ oid }, i) => oid !== oids[i])) {
      throw failure('HG_SNMP_ANSWER', this.#device, 'it answers with other objects than it was asked for');
    }
    return answer;
  }

  /** What follows an object, `most` values at most. @throws HeliographError HG_SNMP_* */
  async bulk(after: string, most: number): Promise<Varbind[]> {
    const [answer] = await this.#ask<Varbind[][]>((done) => this.#session.getBulk([after], 0, most, done));
    if (answer === undefined) return [];
    if (answer.length > most) {
      throw failure(
        'HG_SNMP_ANSWER',
        this.#device,
        `it answers with ${answer.length} values where ${most} were asked for`,
      );
    }
    return answer;
  }

  /** Ends it: what was asked is told so. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.cancel(this.#timer);
    this.#end(failure('HG_SNMP_TIMEOUT', this.#device, 'the poll was given up'));
    this.#session.close();
  }

  /** Each question is answered in the end, also one that the package forgets: `#end` sees to it. */
  #ask<T>(ask: (done: (error: Error | null, answer: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) {
        reject(this.#ended);
        return;
      }
      this.#asked = reject;
      ask((error, answer) => {
        this.#asked = null;
        if (error === null || error === undefined) resolve(answer);
        else reject(snmpFailure(this.#device, error, this.traffic));
      });
    });
  }

  #maySend(): boolean {
    if (this.#ended !== null) return false;
    const { packets } = this.#device.budget;
    if (this.traffic.sent < packets) return true;
    const detail = `the poll wants more than ${packets} requests; raise budget.packets, or poll fewer modules`;
    // Not from inside of the package's own call.
    queueMicrotask(() => this.#end(failure('HG_SNMP_BUDGET', this.#device, detail)));
    return false;
  }

  #end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#asked?.(error);
    this.#session.cancelRequests(error);
  }
}

const PRIVACY = { des: 'des', aes: 'aes', aes256: 'aes256r', aes256b: 'aes256b' } as const;

/** The package's form of a user. */
export function userOf(credentials: Extract<Credentials, { version: '3' }>): User {
  const { user: name, auth, privacy } = credentials;
  const level = auth === null ? 'noAuthNoPriv' : privacy === null ? 'authNoPriv' : 'authPriv';
  return {
    name,
    level: snmp.SecurityLevel[level],
    ...(auth && { authProtocol: snmp.AuthProtocols[auth.protocol], authKey: auth.password }),
    ...(auth && privacy && { privProtocol: snmp.PrivProtocols[PRIVACY[privacy.protocol]], privKey: privacy.password }),
  };
}
