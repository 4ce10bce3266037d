/** A series longer than this no test needs. */
const MOST_VALUES = 1_000_000;
const NUMBER = '(?:[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\\.[0-9]+(?:[eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN])';
const ITEM = new RegExp(`^(?:_(?:x([0-9]+))?|(stale)|([+-]?${NUMBER})(?:([+-]${NUMBER})?x([0-9]+))?)$`);

/** A value of an input series: a number, nothing at that time, or the end of the series. */
export type SeriesValue = number | 'nothing' | 'stale';

/**
 * The values of an input series in promtool's expanding notation: `1 2 3`, `1x4` (five times 1), `1+2x3` (1 3 5 7), `_` and `_x3` (no
 * sample), `stale`.
 * @throws Error that says which part is none
 */
export function seriesValues(text: string): SeriesValue[] {
  const values: SeriesValue[] = [];
  for (const item of text.split(/[ \t\r\n]+/)) {
    if (item === '') continue;
    if (item.startsWith('{{'))
      throw new Error('native histograms are not supported; write floats, or leave out the test');
    const match = ITEM.exec(item);
    if (match === null || /^[+-]?(?:inf|nan)x/i.test(item)) {
      throw new Error(`"${item.slice(0, 80)}" is no value; write a number, 1+2x3, _, _x3 or stale`);
    }
    const [, blanks, stale, first, step, times] = match;
    const count = stale ? 1 : first === undefined ? Number(blanks ?? 1) : Number(times ?? 0) + 1;
    if (values.length + count > MOST_VALUES) throw new Error(`more than ${MOST_VALUES} values`);
    let value = first === undefined ? 0 : numberOf(first);
    for (let i = 0; i < count; i++) {
      values.push(stale ? 'stale' : first === undefined ? 'nothing' : value);
      if (step !== undefined) value += numberOf(step);
    }
  }
  return values;
}

function numberOf(text: string): number {
  const [, sign, size] = /^([+-]?)(.*)$/.exec(text)!;
  const value = /^inf$/i.test(size!) ? Number.POSITIVE_INFINITY : Number(size);
  return sign === '-' ? -value : value;
}
