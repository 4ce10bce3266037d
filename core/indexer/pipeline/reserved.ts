/** Names that a line has beside its fields; a rule may say which parsed field sets them. */
export const SETTABLE: ReadonlySet<string> = new Set(['message', '@timestamp', 'log.level', 'service.name']);

/** Names of what the way of a line says, and not its text. */
const GIVEN: ReadonlySet<string> = new Set(['host.name', 'site', 'event.original']);

/** Whether a name is none that a text may give by itself: what it says under it is kept as said by others. */
export function isReserved(name: string): boolean {
  return SETTABLE.has(name) || isGiven(name);
}

/** Whether not even a rule may set it. */
export function isGiven(name: string): boolean {
  return GIVEN.has(name) || name.startsWith('heliograph.');
}
