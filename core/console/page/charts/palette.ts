/** Colours as they stand in style/base.css now; charts are drawn on a canvas, which knows no custom properties. */
export interface Colours {
  readonly series: readonly string[];
  readonly grid: string;
  readonly text: string;
}

const SERIES = 10;

export function colours(): Colours {
  // What a property says may still depend on the theme; what an element's colour became does not.
  const probe = document.createElement('i');
  document.body.append(probe);
  const value = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    series: Array.from({ length: SERIES }, (_, i) => value(`--series-${i}`)),
    grid: value('--grid'),
    text: value('--quiet'),
  };
  probe.remove();
  return found;
}

/** The colour with little weight, for the area under a line. */
export function faint(colour: string): string {
  return colour.replace(/^rgb\(/, 'rgba(').replace(/\)$/, ', 0.14)');
}

/** The class that gives an element the colour of series `i`. */
export function seriesClass(i: number): string {
  return `series-${i % SERIES}`;
}
