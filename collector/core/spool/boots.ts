import { DATA_CLASSES, type DataClass } from '../../../proto/class.ts';
import { byClass } from './state.ts';

/** A life of the collector as the spool remembers it: where its frames begin in each chain, and the last number it gave. */
export interface BootSpan {
  readonly boot: string;
  readonly starts: Record<DataClass, number>;
  readonly last: Record<DataClass, number>;
}

/** A part of one boot's frames of one class. */
export interface BootPart {
  readonly boot: string;
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly items: number;
}

export function newSpan(boot: string, end: (dataClass: DataClass) => number): BootSpan {
  return { boot, starts: byClass(end), last: byClass(() => 0) };
}

/** The boots of which something may still be in the spool, and the newest. */
export function pruneSpans(spans: readonly BootSpan[], start: (dataClass: DataClass) => number): BootSpan[] {
  return spans.filter((_, i) => {
    const next = spans[i + 1];
    return next === undefined || DATA_CLASSES.some((name) => next.starts[name] > start(name));
  });
}

/**
 * Says which boots' numbers a dropped stretch of a chain held. The stretch's counts are exact as a whole; where it spans boots they are
 * shared out by the width of each part, and the parts add up to the whole.
 */
export function splitByBoot(
  spans: readonly BootSpan[],
  dataClass: DataClass,
  dropped: { start: number; end: number; firstKey: number; lastKey: number; records: number; items: number },
): BootPart[] {
  const inside = spans.filter((span, i) => {
    const until = spans[i + 1]?.starts[dataClass] ?? Number.POSITIVE_INFINITY;
    return span.starts[dataClass] < dropped.end && until > dropped.start && span.last[dataClass] > 0;
  });
  const parts = inside.map((span, i) => ({
    boot: span.boot,
    from: i === 0 ? dropped.firstKey : 1,
    to: i === inside.length - 1 ? dropped.lastKey : span.last[dataClass],
  }));
  let records = dropped.records;
  let items = dropped.items;
  let width = parts.reduce((sum, part) => sum + part.to - part.from + 1, 0);
  return parts.map((part) => {
    const share = width > 0 ? (part.to - part.from + 1) / width : 0;
    width -= part.to - part.from + 1;
    const mine = { ...part, records: Math.round(records * share), items: Math.round(items * share) };
    records -= mine.records;
    items -= mine.items;
    return mine;
  });
}
