/** Rows of a page's columns, row-major: the value of instant i, series j stands at i * n + j. */
export interface RowValues {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** 1 where there is a sample, null when all are there. */
  readonly present: Uint8Array | null;
}

export interface SampleChecks {
  /** Why nothing of this time is taken; null: it is. */
  readonly time: (time: number) => string | null;
  /** Why nothing of a column is taken, where that is so. */
  readonly columns: readonly (string | null)[] | null;
  /** Why a value is not taken; absent: all are. */
  readonly value?: (value: number, at: number) => string | null;
}

/** Which samples are there and taken: `present` with what is refused taken out, or `present` itself if nothing is. Counts the refused by reason. */
export function refuseSamples(
  row: RowValues,
  n: number,
  checks: SampleChecks,
  dropped: Record<string, number>,
): Uint8Array | null {
  let mask = row.present;
  let own = false;
  const clear = (at: number, reason: string) => {
    if (mask !== null && mask[at] === 0) return;
    if (!own) {
      mask = mask === null ? new Uint8Array(row.values.length).fill(1) : mask.slice();
      own = true;
    }
    mask![at] = 0;
    countReason(dropped, reason, 1);
  };
  const { columns, value } = checks;
  for (let i = 0; i < row.times.length; i++) {
    const reason = checks.time(row.times[i]!);
    if (reason === null && columns === null && value === undefined) continue;
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      const why = reason ?? columns?.[j] ?? value?.(row.values[at]!, at);
      if (why) clear(at, why);
    }
  }
  return mask;
}

export function countReason(counts: Record<string, number>, reason: string, by: number): void {
  if (by > 0) counts[reason] = (counts[reason] ?? 0) + by;
}

export function countPresent(present: Uint8Array | null, all: number): number {
  if (present === null) return all;
  let n = 0;
  for (const one of present) n += one === 0 ? 0 : 1;
  return n;
}
