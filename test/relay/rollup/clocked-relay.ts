import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Authority, createAuthority } from '../../../lib/certificates/authority.ts';
import type { IngestCore } from '../../support/ingest-core.ts';

/** A relay as a process of its own, which can be killed, and whose time stands still until it is told another. */
export class ClockedRelay {
  readonly #config: object;
  #child: ChildProcess | null = null;
  #time: number;
  mqtt = 0;
  http = 0;

  /** @param config as its file would have it, but for the ports @param time ms since the epoch */
  constructor(config: object, time: number) {
    this.#config = config;
    this.#time = time;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const script = fileURLToPath(new URL('clocked-relay-process.ts', import.meta.url));
    const child = fork(script, [], { execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.#child = child;
    const up = new Promise<{ mqtt: number; http: number }>((resolve, reject) => {
      child.once('message', (message) => resolve(message as { mqtt: number; http: number }));
      child.once('exit', (code, signal) => reject(new Error(`the relay ended: ${signal ?? code}`)));
    });
    child.send({ config: this.#config, time: this.#time });
    Object.assign(this, await up);
  }

  pass(time: number): void {
    this.#time = time;
    this.#child?.send({ time });
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

/** Certificates in a folder, a core that listens with one, and what a relay before it needs of its configuration. */
export async function relayBefore(
  core: IngestCore,
  directory: string,
): Promise<{ authority: Authority; config: object }> {
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const loopback = ['127.0.0.1', 'localhost'];
  await core.listen(await authority.issue({ name: 'core1', role: 'core', hosts: loopback, days: 2 }));
  const { ca, cert, key } = await authority.issue({ name: 'relay1', role: 'relay', hosts: loopback, days: 2 });
  const config = {
    name: 'relay1',
    dataDir: join(directory, 'relay'),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca, cert, key, check: '50ms' },
    cores: [`127.0.0.1:${core.port}`],
  };
  return { authority, config };
}
