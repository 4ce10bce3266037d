/** What is kept: from the retention back to a little ahead of the clock, in ms. */
export interface TimeLimits {
  readonly retentionMs: number;
  readonly futureMs: number;
}

/** Why a time is refused, or null. `time` and `now` in ms since the epoch; samples have whole ms. */
export function badTime(time: number, now: number, limits: TimeLimits): string | null {
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) return 'the time is no time';
  if (time < now - limits.retentionMs) return `${iso(time)} is older than what is kept`;
  if (time > now + limits.futureMs) return `${iso(time)} is in the future; look at the clock of the sender`;
  return null;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
