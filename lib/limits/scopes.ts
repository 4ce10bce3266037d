/** Something that series are counted in, with a cap: a metric, a host, a metric of a host, an order. */
export interface Scope {
  /** In `Scopes`; given again when the scope has gone. */
  readonly id: number;
  readonly key: string;
  /** Series admitted in it. */
  count: number;
}

/** The scopes that have series, by key and by number; one without series is forgotten. */
export class Scopes {
  readonly #byKey = new Map<string, Scope>();
  readonly #byId: (Scope | null)[] = [];
  readonly #free: number[] = [];

  /** How many series of a scope are admitted. */
  count(key: string): number {
    return this.#byKey.get(key)?.count ?? 0;
  }

  /** @returns its number */
  enter(key: string): number {
    let scope = this.#byKey.get(key);
    if (!scope) {
      scope = { id: this.#free.pop() ?? this.#byId.length, key, count: 0 };
      this.#byId[scope.id] = scope;
      this.#byKey.set(key, scope);
    }
    scope.count++;
    return scope.id;
  }

  leave(id: number): void {
    const scope = this.#byId[id]!;
    if (--scope.count > 0) return;
    this.#byKey.delete(scope.key);
    this.#byId[id] = null;
    this.#free.push(id);
  }

  is(id: number, key: string): boolean {
    return this.#byId[id]!.key === key;
  }

  get size(): number {
    return this.#byKey.size;
  }
}
