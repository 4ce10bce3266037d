/** A figure as people read it: three digits, and all before the point. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return 'none';
  return value === 0 ? '0' : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
