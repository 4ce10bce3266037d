import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, createAuthority, readPem } from '../../lib/certificates/authority.ts';
import { CertificateTemplate } from '../../simulator/certificate-template.ts';
import type { CountedFrames } from './frame-count.ts';
import { answer, start } from './processes.ts';

/** What a relay needs around it: certificates, those of hosts h0, h1 ... too, and a core that acknowledges everything, in a process of its own. */
export interface Station {
  /** The authority's folder. */
  readonly ca: string;
  /** Of the relay; its ports are ephemeral. */
  readonly config: { readonly dataDir: string };
  /** Of another relay, with a certificate and data of its own, before the same core. */
  another(name: string): Promise<Station['config']>;
  /** What came to the core over all relays; only where it counts. */
  counted(): Promise<CountedFrames>;
  /** Ends the core and removes the folder. */
  close(): void;
}

/** @param counts the core looks into each block and counts its frames */
export async function openStation(hosts: number, counts = false): Promise<Station> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-relay-'));
  const ca = join(directory, 'ca');
  const authority = await createAuthority(ca, Date.now());
  const names = ['127.0.0.1', 'localhost'];
  await authority.issue({ name: 'relay1', role: 'relay', hosts: names, days: 2 });
  await authority.issue({ name: 'core1', role: 'core', hosts: names, days: 2 });
  await issueHosts(authority, hosts);
  const core = start('sink.ts', counts ? [ca, 'count'] : [ca]);
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
    counted: () => {
      core.send({});
      return answer<CountedFrames>(core);
    },
    close: () => {
      core.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** `h0.pem`, `h0.key` and so on, beside the authority's own files. From a template: eleven thousand take seconds, not minutes. */
async function issueHosts(authority: Authority, hosts: number): Promise<void> {
  const { directory } = authority;
  let template: CertificateTemplate | null = null;
  for (let i = 0; i < hosts; i++) {
    const name = `h${i}`;
    if (template?.name.length !== name.length) {
      const model = await authority.certify({ name, role: 'collector', days: 2 });
      template = new CertificateTemplate(name, model.cert, readPem(join(directory, 'ca.key')));
    }
    const { cert, key } = template.certify(name);
    writeFileSync(join(directory, `${name}.pem`), cert);
    writeFileSync(join(directory, `${name}.key`), key, { mode: 0o600 });
  }
}
