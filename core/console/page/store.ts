import { useEffect, useState } from 'preact/hooks';

/** A value that several parts of the page show. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  /** Told of every change; returns how to stop. */
  listen(listener: (value: T) => void): () => void;
}

export function createStore<T>(value: T): Store<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener(next);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The store's value, and a new look at the component whenever it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, show] = useState(store.get());
  useEffect(() => {
    show(store.get());
    return store.listen(show);
  }, [store]);
  return value;
}
