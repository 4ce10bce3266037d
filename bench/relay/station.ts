import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { answer, start } from './processes.ts';

/** What a relay needs around it: certificates, those of hosts h0, h1 ... too, and a core that acknowledges everything, in a process of its own. */
export interface Station {
  /** The authority's folder. */
  readonly ca: string;
  /** Of the relay; its ports are ephemeral. */
  readonly config: object;
  /** Of another relay, with a certificate and data of its own, before the same core. */
  another(name: string): Promise<object>;
  /** Ends the core and removes the folder. */
  close(): void;
}

export async function openStation(hosts: number): Promise<Station> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-relay-'));
  const ca = join(directory, 'ca');
  const authority = await createAuthority(ca, Date.now());
  const names = ['127.0.0.1', 'localhost'];
  await authority.issue({ name: 'relay1', role: 'relay', hosts: names, days: 2 });
  await authority.issue({ name: 'core1', role: 'core', hosts: names, days: 2 });
  for (let i = 0; i < hosts; i++) await authority.issue({ name: `h${i}`, role: 'collector', days: 2 });
  const core = start('sink.ts', [ca]);
  const { port } = await answer<{ port: number }>(core);
  const configOf = (name: string, data: string) => ({
    name,
    dataDir: join(directory, data),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca: `${ca}/ca.pem`, cert: `${ca}/${name}.pem`, key: `${ca}/${name}.key` },
    cores: [`127.0.0.1:${port}`],
  });
  return {
    ca,
    config: configOf('relay1', 'data'),
    another: async (name) => {
      await authority.issue({ name, role: 'relay', hosts: names, days: 2 });
      return configOf(name, `data-${name}`);
    },
    close: () => {
      core.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
