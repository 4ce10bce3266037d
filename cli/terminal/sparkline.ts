const BARS = '▁▂▃▄▅▆▇█';

/** Values as bars between their lowest and highest; a gap where there is none. At most `width` of them, the highest of each stretch. */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const columns = Math.min(values.length, width);
  let text = '';
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const shown = values.slice(from, to).filter(Number.isFinite);
    if (shown.length === 0) text += ' ';
    else if (high === low) text += BARS[3];
    else text += BARS[Math.min(7, Math.floor(((Math.max(...shown) - low) / (high - low)) * 8))];
  }
  return text;
}
