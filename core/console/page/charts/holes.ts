/** Something the core knows of a time without data: a gap that was declared, or a silence. As in /api/v1/gaps. */
export interface Declared {
  readonly host: string;
  readonly class: string;
  readonly reason: string;
  readonly frames: number;
  readonly items: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

export interface Silence {
  readonly kind: 'host' | 'relay';
  readonly name: string;
  readonly from: number;
  readonly to: number | null;
  readonly reason: string;
}

export interface GapsAnswer {
  readonly gaps: readonly Declared[];
  readonly silences: readonly Silence[];
}

/** A time without data, and why, in words. */
export interface Hole {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** lost: declared, never to come; waiting: nothing is known to be lost, and it may still come. */
  readonly kind: 'lost' | 'waiting';
}

/** Why frames were given up, as people say it. A reason that is not here stands as it came. */
const WORDS: Readonly<Record<string, string>> = {
  cap: 'a spool was full, and the oldest went',
  age: 'they had waited longer than they may',
  corrupt: 'the disk gave back damaged bytes',
};

/** The times between samples that are longer than they should be, and before the first and behind the last one. */
export function emptyTimes(
  times: readonly number[],
  present: (i: number) => boolean,
  start: number,
  end: number,
  longest: number,
): { from: number; to: number }[] {
  const empty: { from: number; to: number }[] = [];
  let last = start;
  let seen = false;
  for (let i = 0; i < times.length; i++) {
    if (!present(i)) continue;
    if (times[i]! - last > longest) empty.push({ from: last, to: times[i]! });
    last = times[i]!;
    seen = true;
  }
  if (seen && end - last > longest) empty.push({ from: last, to: end });
  else if (!seen && end - start > longest) empty.push({ from: start, to: end });
  return empty;
}

/** What is declared lost, as holes. */
export function lostHoles(gaps: readonly Declared[], dataClass: string): Hole[] {
  return gaps
    .filter((gap) => gap.class === dataClass)
    .map((gap) => ({
      from: gap.firstTime,
      to: Math.max(gap.lastTime, gap.firstTime + 1),
      reason: `${gap.items > 0 ? `${gap.items.toLocaleString('en-GB')} ${gap.class === 'metric' ? 'samples' : 'lines'} given up` : 'given up'}: ${WORDS[gap.reason] ?? gap.reason}`,
      kind: 'lost' as const,
    }));
}

/** A reason for each empty time: what was declared, or who was silent; and where nobody knows, that. */
export function explained(
  empty: readonly { from: number; to: number }[],
  answer: GapsAnswer,
  dataClass: string,
): Hole[] {
  const lost = lostHoles(answer.gaps, dataClass);
  const holes: Hole[] = [...lost];
  for (const { from, to } of empty) {
    if (lost.some((hole) => hole.from < to && hole.to > from)) continue;
    const silences = answer.silences.filter((one) => one.from < to && (one.to === null || one.to > from));
    // The relay's silence explains its hosts' only where they have none of their own.
    const silence = silences.find((one) => one.kind === 'host') ?? silences[0];
    holes.push({
      from,
      to,
      kind: 'waiting',
      reason: silence ? inWords(silence) : UNDECLARED,
    });
  }
  return holes.sort((a, b) => a.from - b.from);
}

/** What there is to say of a hole of which nobody said anything. */
export const UNDECLARED = 'no data, and nobody declared a gap';

function inWords(silence: Silence): string {
  if (silence.kind === 'relay') return `${silence.reason}; what was collected meanwhile comes later`;
  return `host silent: ${silence.reason === '' ? 'no reason given' : silence.reason}`;
}
