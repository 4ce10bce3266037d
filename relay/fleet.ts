import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { FromRelay, HostState } from './stream-messages.ts';

/** Hosts, and bytes of status, in one report. */
const REPORT_HOSTS = 500;
const REPORT_BYTES = 1 << 20;

/** Tells the core who is connected: everybody after hello, then what changes, in batches. */
export class Fleet {
  readonly #sessions: Sessions;
  readonly #send: (message: FromRelay, done: () => void) => boolean;
  readonly #changes = new Map<string, HostState>();
  #busy = false;

  constructor(sessions: Sessions, send: (message: FromRelay, done: () => void) => boolean) {
    this.#sessions = sessions;
    this.#send = send;
  }

  /** The state of a host changed: it came, it went (`reason`), or it sent a status. The newest state wins. */
  changed(session: Session, reason: string): void {
    this.#changes.set(session.host, stateOf(session, reason));
  }

  /** A new stream: who is here, without their statuses, then the statuses. */
  opened(): void {
    this.#busy = false;
    const hosts: HostState[] = [];
    for (const session of this.#sessions.all()) {
      const state = stateOf(session, '');
      hosts.push({ ...state, status: new Uint8Array(0) });
      if (state.status.length > 0) this.#changes.set(session.host, state);
    }
    for (const [host, state] of this.#changes) if (!state.connected) hosts.push({ ...state, host });
    this.#send({ fleet: { whole: true, hosts } }, () => undefined);
    this.flush();
  }

  /** Sends a batch of changes, one at a time. Called now and then. */
  flush(): void {
    if (this.#busy || this.#changes.size === 0) return;
    const hosts: HostState[] = [];
    let bytes = 0;
    for (const state of this.#changes.values()) {
      if (hosts.length >= REPORT_HOSTS || bytes > REPORT_BYTES) break;
      hosts.push(state);
      bytes += state.status.length;
    }
    this.#busy = true;
    const sent = this.#send({ fleet: { whole: false, hosts } }, () => {
      this.#busy = false;
      this.flush();
    });
    if (!sent) {
      this.#busy = false;
      return;
    }
    for (const state of hosts) if (this.#changes.get(state.host) === state) this.#changes.delete(state.host);
  }
}

function stateOf(session: Session, reason: string): HostState {
  return {
    host: session.host,
    connected: !session.ended,
    since: session.ended && session.endedAt > 0 ? session.endedAt : session.since,
    reason,
    status: session.status,
    clockSkewMs: session.skew ?? 0,
    connection: session.number,
  };
}
