/** How long until what was pushed is found, ms; null: not within the limit. */
export interface Probed {
  readonly at: number;
  readonly ms: number | null;
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** How often it is looked for. */
const LOOK_MS = 20;

/** Pushes a sample at a door of the core and asks until queries have it, or a larger one that came after it. */
export async function probeSample(
  door: URL,
  asked: URL,
  name: string,
  value: number,
  limitMs: number,
): Promise<Probed> {
  const at = performance.now();
  if (!(await pushSample(door, name, value))) return { at, ms: null };
  const query = new URL('/api/v1/query', asked);
  query.searchParams.set('query', name);
  return found(at, limitMs, async () => {
    const answer = (await (await fetch(query)).json()) as { data?: { result: { value: [number, string] }[] } };
    return Number(answer.data?.result[0]?.value[1] ?? 0) >= value;
  });
}

/** Pushes a line with a word of its own and searches until it is there. */
export async function probeLine(door: URL, asked: URL, word: string, limitMs: number): Promise<Probed> {
  const at = performance.now();
  const body = JSON.stringify({ logs: [{ message: `probe ${word}`, service: 'probe', level: 'info' }] });
  if (!(await accepted(new URL('/v1/ingest', door), body))) return { at, ms: null };
  const search = new URL('/api/v1/logs', asked);
  search.searchParams.set('q', word);
  search.searchParams.set('service', 'probe');
  return found(at, limitMs, async () => {
    const answer = (await (await fetch(search)).json()) as { lines?: unknown[] };
    return (answer.lines?.length ?? 0) > 0;
  });
}

/** Gives a sample to VictoriaMetrics itself: its own floor, in the same run. */
export async function probeEngine(engine: string, name: string, value: number, limitMs: number): Promise<Probed> {
  const at = performance.now();
  await fetch(`${engine}/api/v1/import/prometheus`, { method: 'POST', body: `${name} ${value}\n` });
  return found(at, limitMs, async () => {
    const answer = (await (await fetch(`${engine}/api/v1/query?query=${name}&nocache=1`)).json()) as {
      data: { result: { value: [number, string] }[] };
    };
    return Number(answer.data.result[0]?.value[1] ?? 0) >= value;
  });
}

/** The value below which a share of them lies, ms; what was not found counts as `limitMs`. */
export function quantile(probes: readonly Probed[], share: number, limitMs: number): number {
  const sorted = probes.map(({ ms }) => ms ?? limitMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** True when a door of the core has taken it. */
export function pushSample(door: URL, name: string, value: number): Promise<boolean> {
  return accepted(new URL('/v1/ingest', door), JSON.stringify({ metrics: [{ name, value }] }));
}

async function accepted(url: URL, body: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: 'POST', headers: JSON_TYPE, body, signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    // The process is away: that is what is measured.
    return false;
  }
}

async function found(at: number, limitMs: number, look: () => Promise<boolean>): Promise<Probed> {
  for (;;) {
    try {
      if (await look()) return { at, ms: performance.now() - at };
    } catch {
      // The process is away, or answers with an error: it is not found, and is looked for again.
    }
    if (performance.now() - at > limitMs) return { at, ms: null };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
