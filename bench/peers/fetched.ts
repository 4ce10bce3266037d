import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FETCH = fileURLToPath(new URL('../../test/engines/start/fetch-peers.sh', import.meta.url));

/** Where other people's agents lie, unpacked from Debian's packages: COLLECTD_ROOT, NODE_EXPORTER, VMAGENT, SYSLOG_NG_ROOT; null where there is no Debian. */
export function fetchedPeers(): Readonly<Record<string, string>> | null {
  try {
    const text = execFileSync(FETCH, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
  } catch (error) {
    console.error(`collectd, node_exporter, vmagent and syslog-ng are left out: ${(error as Error).message}`);
    return null;
  }
}
