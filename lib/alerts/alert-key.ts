/** What names a notification, whoever sends it: one alert, by its labels' fingerprint, from its begin (ms since the epoch) to its end. */
export function alertKey({ fingerprint, activeAt }: { fingerprint: string; activeAt: number }): string {
  return `${fingerprint}-${activeAt}`;
}
