import { labelsKey } from '../labels-key.ts';
import type { ExpectedAlert } from './file.ts';
import type { FoundSample } from './problem.ts';

const alertText = ({ labels, annotations }: ExpectedAlert) => `${labelsKey(labels)}${labelsKey(annotations)}`;

/** Whether these are the same alerts, whatever their order. */
export function sameAlerts(expected: readonly ExpectedAlert[], found: readonly ExpectedAlert[]): boolean {
  const sorted = (alerts: readonly ExpectedAlert[]) => JSON.stringify(alerts.map(alertText).sort());
  return sorted(expected) === sorted(found);
}

/**
 * Whether these are the same samples, whatever their order. NaN is the same as nothing, as in promtool.
 * @param fuzzy values may be apart by the last bit
 */
export function sameSamples(expected: readonly FoundSample[], found: readonly FoundSample[], fuzzy: boolean): boolean {
  const sorted = (samples: readonly FoundSample[]) =>
    samples
      .map(({ labels, value }) => ({ key: labelsKey(labels), value }))
      .sort((a, b) => (a.key === b.key ? a.value - b.value : a.key < b.key ? -1 : 1));
  const [left, right] = [sorted(expected), sorted(found)];
  if (left.length !== right.length) return false;
  return left.every(({ key, value }, i) => key === right[i]!.key && sameValue(value, right[i]!.value, fuzzy));
}

function sameValue(a: number, b: number, fuzzy: boolean): boolean {
  return a === b || (fuzzy && (neighbour(a, 1n) === b || neighbour(a, -1n) === b));
}

/** The next double above (1) or below (-1). */
function neighbour(value: number, by: bigint): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return by > 0n ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? by : -by));
  return view.getFloat64(0);
}
