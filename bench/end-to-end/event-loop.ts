/** Turns of an event loop of one process, s. */
export interface LoopDelay {
  readonly max: number | null;
  readonly p99: number | null;
}

/**
 * What a page of metrics says of the process' event loop, under names that begin with `prefix` (such as heliograph_core_event_loop_): a gauge for
 * the longest turn and one for the quantile, or a summary with quantiles. The largest where there are several threads; null where it says nothing.
 */
export function loopDelayOf(page: string, prefix: string): LoopDelay {
  let max: number | null = null;
  let p99: number | null = null;
  for (const line of page.split('\n')) {
    if (!line.startsWith(prefix)) continue;
    const [, name, labels = '', text] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    const value = Number(text);
    if (name === undefined || !name.endsWith('seconds') || !Number.isFinite(value)) continue;
    if (/_max_|_longest_/.test(name) || /quantile="1"/.test(labels)) max = Math.max(max ?? 0, value);
    else if (/_p99_/.test(name) || /quantile="0\.99"/.test(labels)) p99 = Math.max(p99 ?? 0, value);
  }
  return { max, p99 };
}
