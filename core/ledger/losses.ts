import type { Finding } from '../../lib/audit.ts';

/** Hosts named in one line. */
const MOST_NAMED = 10;

/** Says whose frames are missing, a line for each class; how many and which numbers, the worst first. */
export function lossesInWords(lost: readonly Finding[]): string[] {
  if (lost.length === 0) {
    return [
      'By their numbers, all frames that the collectors now speak of are stored: what is missing is of earlier lives of collectors, or of relays themselves.',
    ];
  }
  const classes = [...new Set(lost.map((finding) => finding.class))];
  return classes.map((name) => {
    const of = lost
      .filter((finding) => finding.class === name)
      .map(({ host, ranges }) => ({ host, ranges, frames: ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0) }))
      .sort((a, b) => b.frames - a.frames || (a.host < b.host ? -1 : 1));
    const named = of.slice(0, MOST_NAMED).map(({ host, ranges, frames }) => {
      const [from, to] = ranges[0]!;
      const where = from === to ? `${from}` : `${from} to ${to}`;
      return `${host} (${frames} ${frames === 1 ? 'frame' : 'frames'}: ${where}${ranges.length > 1 ? ', ...' : ''})`;
    });
    const more = of.length - named.length;
    return `Not stored, class ${name}: ${named.join(', ')}${more > 0 ? ` and ${more} more hosts` : ''}.`;
  });
}
