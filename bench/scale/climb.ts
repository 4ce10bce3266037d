/** A step that was tried, and why it did not hold; null: it did. */
export interface Tried<T> {
  readonly hosts: number;
  readonly step: T;
  readonly broken: string | null;
}

const FACTOR = 1.5;

/**
 * Raises the number of hosts by half each time until a step does not hold, and tries once between the last that held and that one; begins lower where
 * the first does not hold. At most `most` steps. @returns all of them, in the order they were tried
 */
export async function climb<T>(
  first: number,
  most: number,
  attempt: (hosts: number) => Promise<{ readonly step: T; readonly broken: string | null }>,
): Promise<Tried<T>[]> {
  const tried: Tried<T>[] = [];
  const take = async (hosts: number) => {
    const found = { hosts, ...(await attempt(hosts)) };
    tried.push(found);
    return found.broken === null;
  };
  let held: number | null = null;
  let broke: number | null = null;
  for (let hosts = first; tried.length < most; ) {
    if (await take(hosts)) held = hosts;
    else broke = hosts;
    if (held !== null && broke !== null) break;
    const next = held === null ? Math.floor(hosts / FACTOR) : Math.ceil(hosts * FACTOR);
    if (next < 1 || next === hosts) break;
    hosts = next;
  }
  const between = held !== null && broke !== null ? Math.round((held + broke) / 2) : null;
  if (between !== null && between !== held && between !== broke && tried.length < most) await take(between);
  return tried;
}

/** The highest that held. */
export function best<T>(tried: readonly Tried<T>[]): Tried<T> | null {
  return tried.filter(({ broken }) => broken === null).toSorted((a, b) => b.hosts - a.hosts)[0] ?? null;
}
