/** A share of the hosts, `1%` or `0.5%`, as a number from 0 to 1; null if it is none. */
export function parseShare(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const value = Number(match?.[1]) / 100;
  return match && value <= 1 ? value : null;
}
