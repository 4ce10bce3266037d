import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimPort } from '../../cli/start/ports.ts';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { cpuSecondsOf } from '../process/figures.ts';
import { Daemon } from './daemon.ts';
import { findProgram, skipped } from './program.ts';

const CLIENTS = fileURLToPath(new URL('../relay/clients.ts', import.meta.url));

/** The frames of the relay's own benchmark into mosquitto, over the same mutual TLS: CPU us of a message; null where there is none. */
export async function mosquittoPerMessage(hosts: number, frames: number, instants: number): Promise<number | null> {
  const program = findProgram('mosquitto');
  if (program === null) return skipped('mosquitto', 'Debian and Ubuntu: apt-get install mosquitto');
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-mosquitto-'));
  const ca = join(directory, 'ca');
  const authority = await createAuthority(ca, Date.now());
  await authority.issue({ name: 'broker', role: 'relay', hosts: ['127.0.0.1'], days: 2 });
  for (let i = 0; i < hosts; i++) await authority.issue({ name: `h${i}`, role: 'collector', days: 2 });
  const port = await claimPort({ option: '', port: 0, what: 'bench' });
  const config = [
    `listener ${port} 127.0.0.1`,
    `cafile ${ca}/ca.pem`,
    `certfile ${ca}/broker.pem`,
    `keyfile ${ca}/broker.key`,
    'require_certificate true',
    'use_identity_as_username true',
    'allow_anonymous true',
    'persistence false',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  writeFileSync(join(directory, 'mosquitto.conf'), `${config.join('\n')}\n`);
  const broker = new Daemon(program, ['-c', join(directory, 'mosquitto.conf')]);
  const clients = fork(CLIENTS, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  try {
    await broker.listens(port);
    clients.send({ port, directory: ca, hosts, frames, instants, from: 1 });
    await once(clients, 'message');
    const before = cpuSecondsOf(broker.pid);
    clients.send({ go: true });
    await once(clients, 'message');
    return ((cpuSecondsOf(broker.pid) - before) / frames) * 1e6;
  } finally {
    clients.kill();
    await broker.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
