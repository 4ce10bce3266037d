import { encodeFrame } from '../proto/frame.ts';
import { LIMITS } from '../proto/limits.ts';
import { encodeMetricsBody } from '../proto/metrics-body.ts';

/** What a broken host sends among its good frames. The relay refuses each, and goes on with the rest. */
export const GARBAGE = ['torn', 'version', 'topic', 'unknown page', 'huge'] as const;
export type Garbage = (typeof GARBAGE)[number];

/** Numbers far above any honest one, so that what is garbage is no hole among the good. */
const FAR_AWAY = 2 ** 40;
/** Nobody's page. The relay holds the frame and asks; what it gets is no definition. */
export const NO_PAGE: string = 'ba'.repeat(16);
/** What is sent when a relay asks for that page. */
export const NO_DEFINITION: Uint8Array = Uint8Array.of(0x84, 1, 7, 0xf6, 0x80);

/**
 * @param boot of the host's present life
 * @param number how many it has sent before
 * @returns the part of the topic behind the host's name (or a whole topic, where it begins with a slash), and the payload
 */
export function garbage(
  what: Garbage,
  boot: string,
  number: number,
  now: number,
): { topic: string; payload: Uint8Array } {
  const sequence = FAR_AWAY + number;
  const created = Math.floor(now);
  const header = {
    class: 'metric',
    boot,
    sequence,
    floor: 1,
    created,
    count: 1,
    previous: null,
    kind: 'metrics',
  } as const;
  const body = encodeMetricsBody([{ page: NO_PAGE, base: null, columns: Uint8Array.of(0, 1, 0) }]);
  const frame = encodeFrame(header, body);
  switch (what) {
    case 'torn':
      return { topic: 'metric', payload: frame.subarray(0, frame.length - 9) };
    case 'version': {
      const later = frame.slice();
      later[1] = 9;
      return { topic: 'metric', payload: later };
    }
    case 'topic':
      return { topic: '/fleet/another-host/metric', payload: frame };
    case 'unknown page':
      return { topic: 'metric', payload: frame };
    case 'huge':
      return { topic: 'metric', payload: new Uint8Array(LIMITS.frameBytes + 1) };
  }
}
