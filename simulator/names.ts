/** What names of simulated hosts begin with, unless something else is said. */
export const NAMES = 'sim';

/** sim-0001 ... @param names what they begin with */
export function simulatedName(number: number, names: string = NAMES): string {
  return `${names}-${String(number + 1).padStart(4, '0')}`;
}
