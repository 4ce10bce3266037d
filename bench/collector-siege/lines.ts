import { seededRandom } from '../../simulator/random.ts';

/** With their newline. */
export const SIEGE_LINE_BYTES = 128;
/** In so many lines there are so many of each level. */
export const LEVELS_OF = 1_000;
export const OF_EACH_LEVEL = { error: 1, warn: 9, debug: 90, info: 900 } as const;

const PLACES = Object.entries(OF_EACH_LEVEL).flatMap(([level, count]) => Array<string>(count).fill(level));
/** Prime to LEVELS_OF: levels stand mixed. */
const STRIDE = 271;

/**
 * Lines of SIEGE_LINE_BYTES each, as services write them in JSON, each with a trace of its own; always the same bytes.
 * @param count a multiple of LEVELS_OF, so that what is written again and again has as many of each level
 */
export function siegeLines(count: number): Uint8Array {
  const bytes = new Uint8Array(count * SIEGE_LINE_BYTES);
  const encoder = new TextEncoder();
  const random = seededRandom(4711);
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const start = Date.UTC(2026, 10, 23);
  for (let i = 0; i < count; i++) {
    const time = new Date(start + i).toISOString();
    const level = PLACES[(i * STRIDE) % LEVELS_OF];
    const took = (random() * 400).toFixed(2);
    const line = `{"time":"${time}","level":"${level}","trace":"${hex()}${hex()}","msg":"order ${i} took ${took} ms`;
    const text = `${line.slice(0, SIEGE_LINE_BYTES - 3).padEnd(SIEGE_LINE_BYTES - 3, ' and went on')}"}\n`;
    encoder.encodeInto(text, bytes.subarray(i * SIEGE_LINE_BYTES, (i + 1) * SIEGE_LINE_BYTES));
  }
  return bytes;
}
