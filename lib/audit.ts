import { Ranges } from './ranges.ts';

/** Sequences of one (host, boot, class) as a hop saw them: closed intervals, ascending. */
export interface Passed {
  readonly host: string;
  readonly boot: string;
  readonly class: string;
  readonly ranges: readonly (readonly [number, number])[];
  /** Sequences that came more than once, where the hop keeps them. */
  readonly repeated?: readonly (readonly [number, number])[] | undefined;
}

export interface Finding {
  readonly kind: 'lost' | 'unexplained' | 'repeated';
  readonly hop: string;
  readonly host: string;
  readonly boot: string;
  readonly class: string;
  readonly ranges: readonly (readonly [number, number])[];
}

/**
 * Compares what left one hop (and was acknowledged there) with what arrived at the next. It looks at sequence numbers
 * alone, so it does not believe any counter.
 * lost: acknowledged here, never arrived there. unexplained: arrived there, never sent from here (`strict` only: the sender
 * may be ahead of what it has reported). repeated: arrived more than once; harmless, since repeats are removed, but named.
 */
export function auditHop(
  hop: string,
  sent: readonly Passed[],
  received: readonly Passed[],
  options: { strict: boolean },
): Finding[] {
  const findings: Finding[] = [];
  const there = byName(received);
  const here = byName(sent);
  for (const [name, stream] of here) {
    const arrived = there.get(name)?.ranges ?? new Ranges();
    const lost = stream.ranges.pairs().flatMap(([from, to]) => arrived.missing(from, to));
    if (lost.length > 0) findings.push({ kind: 'lost', hop, ...stream.id, ranges: lost });
  }
  for (const [name, stream] of there) {
    if (options.strict) {
      const known = here.get(name)?.ranges ?? new Ranges();
      const unexplained = stream.ranges.pairs().flatMap(([from, to]) => known.missing(from, to));
      if (unexplained.length > 0) findings.push({ kind: 'unexplained', hop, ...stream.id, ranges: unexplained });
    }
    if (stream.repeated.size > 0)
      findings.push({ kind: 'repeated', hop, ...stream.id, ranges: stream.repeated.pairs() });
  }
  return findings;
}

interface Stream {
  readonly id: { readonly host: string; readonly boot: string; readonly class: string };
  readonly ranges: Ranges;
  readonly repeated: Ranges;
}

/** The union over relays: a host may have sent some frames through one and some through another. */
function byName(passed: readonly Passed[]): Map<string, Stream> {
  const streams = new Map<string, Stream>();
  for (const one of passed) {
    const name = JSON.stringify([one.host, one.boot, one.class]);
    let stream = streams.get(name);
    if (!stream) {
      stream = {
        id: { host: one.host, boot: one.boot, class: one.class },
        ranges: new Ranges(),
        repeated: new Ranges(),
      };
      streams.set(name, stream);
    }
    for (const [from, to] of one.ranges) stream.ranges.addRange(from, to);
    for (const [from, to] of one.repeated ?? []) stream.repeated.addRange(from, to);
  }
  return streams;
}
