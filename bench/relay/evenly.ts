const TURN_MS = 20;

/** Each of many has a turn in every `everyMs`, spread over it. @returns what ends it */
export function evenly<T>(all: readonly T[], everyMs: number, turn: (one: T) => void): () => void {
  let at = 0;
  let owed = 0;
  const timer = setInterval(() => {
    owed += (all.length * TURN_MS) / everyMs;
    for (; owed >= 1; owed--) turn(all[at++ % all.length]!);
  }, TURN_MS);
  return () => clearInterval(timer);
}
