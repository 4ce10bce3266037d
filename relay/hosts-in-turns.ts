import { setImmediate as nextTurn } from 'node:timers/promises';

/** Hosts that are written in one turn of the event loop. */
const HOSTS_A_TURN = 250;

/**
 * A JSON object with a member for each host, as text, made of some hosts in each turn of the event loop: ten thousand in one
 * go would hold up every frame for a tenth of a second.
 * @param draw what is said of a host, by what is known when its turn comes
 */
export async function hostsInTurns(hosts: readonly string[], draw: (host: string) => unknown): Promise<string> {
  const parts: string[] = [];
  for (let at = 0; at < hosts.length; at += HOSTS_A_TURN) {
    if (at > 0) await nextTurn();
    const some = hosts.slice(at, at + HOSTS_A_TURN);
    parts.push(some.map((host) => `${JSON.stringify(host)}:${JSON.stringify(draw(host))}`).join(','));
  }
  return `{${parts.join(',')}}`;
}
