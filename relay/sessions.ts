import type { Session } from './session.ts';

/** Who is connected now: one connection a host, the newest. */
export class Sessions {
  readonly #byHost = new Map<string, Session>();
  /** The last connection of hosts that went, so that a late will can be told from a newer life. */
  readonly #last = new Map<string, number>();

  get size(): number {
    return this.#byHost.size;
  }

  all(): IterableIterator<Session> {
    return this.#byHost.values();
  }

  of(host: string): Session | undefined {
    return this.#byHost.get(host);
  }

  /** The newer connection takes over; the older one, if any, is returned to be closed. */
  take(session: Session): Session | undefined {
    const older = this.#byHost.get(session.host);
    if (older) older.current = false;
    session.current = true;
    this.#byHost.set(session.host, session);
    this.#last.set(session.host, session.number);
    return older;
  }

  /**
   * The host has a newer connection at another worker.
   * @returns the one it had here, if any, to be closed
   */
  moved(host: string, connection: number): Session | undefined {
    const session = this.#byHost.get(host);
    if (session) {
      this.#byHost.delete(host);
      session.current = false;
    }
    this.#last.set(host, connection);
    return session;
  }

  /** @returns true if it was the host's current connection */
  release(session: Session): boolean {
    if (this.#byHost.get(session.host) !== session) return false;
    this.#byHost.delete(session.host);
    session.current = false;
    return true;
  }

  /** Whether no newer connection of the host has been seen: a will of an older one says nothing. */
  isLatest(session: Session): boolean {
    return this.#last.get(session.host) === session.number;
  }
}
