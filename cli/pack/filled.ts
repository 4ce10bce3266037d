import { readFileSync } from 'node:fs';
import { nodeFlags, SMALL_ENVIRONMENT } from '../../collector/node/small-process.ts';
import { NODE, stateFolder } from './names.ts';
import type { Request } from './request.ts';

const TEMPLATES = new URL('../../deploy/collector/', import.meta.url);
const MIB = 1024 * 1024;
/** Whoever has none of these has none of them read. */
const LOGS = ['/var/log/syslog', '/var/log/messages', '/var/log/auth.log', '/var/log/kern.log'];

/** A template of deploy/collector/ with its words in capitals, as @MEMORY@, filled in from what is asked for. */
export function filled(template: string, request: Request): string {
  const values = valuesOf(request);
  return readFileSync(new URL(template, TEMPLATES), 'utf8').replaceAll(/@([A-Z]+)@/g, (_, word: string) => {
    const value = values[word];
    if (value === undefined) throw new Error(`${template} wants @${word}@, which nobody knows`);
    return value;
  });
}

function valuesOf({ profile, relays }: Request): Readonly<Record<string, string>> {
  const { caps, packaging } = profile;
  const systemd = packaging.init === 'systemd';
  return {
    PROFILE: profile.name,
    FLAGS: nodeFlags(Math.floor(caps.heap / MIB), profile.compilers).join(' '),
    ENVIRONMENT: Object.entries(SMALL_ENVIRONMENT)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    MEMORY: String(caps.memory),
    CPU: caps.cpu,
    FILES: String(caps.openFiles),
    NODE: NODE[packaging.node],
    STATE: stateFolder(profile),
    RELAYS: JSON.stringify(relays),
    LOGS: systemd ? `\n  - paths: [${LOGS.join(', ')}]` : '[]',
    START: systemd ? 'systemctl start heliograph-collector' : '/etc/init.d/heliograph-collector start',
    OWNLOG: systemd ? 'journalctl -u heliograph-collector' : 'logread -e heliograph-collector',
  };
}
