import { type Probed, pushSample } from './probe.ts';

/** How often it is looked for. */
const LOOK_MS = 20;

/** The largest value of a series that queries have, looked for on behalf of all who wait for one: the question weighs on what is measured. */
export class Looks {
  readonly #look: () => Promise<number>;
  readonly #waiting = new Set<{ value: number; until: number; done: (found: boolean) => void }>();
  #looking = false;

  /** @param url what Prometheus' query API is below; a query of it is not to come out of a cache */
  constructor(url: URL | string, name: string) {
    const query = new URL('/api/v1/query', url);
    query.search = new URLSearchParams({ query: name, nocache: '1' }).toString();
    this.#look = async () => {
      const answer = (await (await fetch(query)).json()) as { data?: { result: { value: [number, string] }[] } };
      return Number(answer.data?.result[0]?.value[1] ?? Number.NaN);
    };
  }

  /** Resolves when queries have this value, or a larger one that came after it; false: they had not within the limit. */
  has(value: number, limitMs: number): Promise<boolean> {
    return new Promise((done) => {
      this.#waiting.add({ value, until: performance.now() + limitMs, done });
      if (!this.#looking) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#looking = true;
    while (this.#waiting.size > 0) {
      let found = Number.NaN;
      try {
        found = await this.#look();
      } catch {
        // The process is away, or answers with an error: it is not found, and is looked for again.
      }
      const now = performance.now();
      for (const one of this.#waiting) {
        // Not a number where there is no sample yet.
        if (!(found >= one.value) && now <= one.until) continue;
        this.#waiting.delete(one);
        one.done(found >= one.value);
      }
      if (this.#waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    this.#looking = false;
  }
}

/** Pushes a sample at a door of the core and waits until queries have it. */
export async function probeBeside(
  looks: Looks,
  door: URL,
  name: string,
  value: number,
  limitMs: number,
): Promise<Probed> {
  const at = performance.now();
  if (!(await pushSample(door, name, value))) return { at, ms: null };
  return { at, ms: (await looks.has(value, limitMs)) ? performance.now() - at : null };
}

/** Gives a sample to VictoriaMetrics itself: its own floor, in the same run. */
export async function floorBeside(
  looks: Looks,
  engine: string,
  name: string,
  value: number,
  limitMs: number,
): Promise<Probed> {
  const at = performance.now();
  await fetch(`${engine}/api/v1/import/prometheus`, { method: 'POST', body: `${name} ${value}\n` });
  return { at, ms: (await looks.has(value, limitMs)) ? performance.now() - at : null };
}
