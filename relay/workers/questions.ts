import type { ToSupervisor } from './messages.ts';

/** What a worker was asked and has not answered yet. */
export class Questions {
  readonly #open = new Map<number, { done: (value: unknown) => void; fail: (error: Error) => void }>();
  #ids = 0;

  /** @param send puts the question, under the number that the answer will have; rejects when the worker ends before */
  ask(send: (id: number) => void): Promise<unknown> {
    const id = ++this.#ids;
    return new Promise((done, fail) => {
      this.#open.set(id, { done, fail });
      send(id);
    });
  }

  answered({ id, value, error }: Extract<ToSupervisor, { kind: 'answer' }>): void {
    const asked = this.#open.get(id);
    this.#open.delete(id);
    if (error === undefined) asked?.done(value);
    else asked?.fail(new Error(error));
  }

  /** Nobody will answer. */
  fail(why: string): void {
    for (const { fail } of this.#open.values()) fail(new Error(why));
    this.#open.clear();
  }
}
