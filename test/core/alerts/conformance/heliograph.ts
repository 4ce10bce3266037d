import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createAuthority } from '../../../../lib/certificates/authority.ts';
import { AlertReceiver } from '../../../support/alert-receiver.ts';
import { freePort } from '../../../support/free-port.ts';
import { TierProcess } from '../../../support/tier-process.ts';
import { INTERVAL_MS, rulesAt } from './story.ts';
import type { Subject } from './subject.ts';

/** A core as a user starts it, with the rules and an Alertmanager's door. @param engines what its configuration says of engines */
export async function startSubject(cleanups: (() => unknown)[], engines: object = {}, pace = 1): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-conformance-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const receiver = await new AlertReceiver().listen();
  cleanups.push(() => receiver.close());
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const tls = await authority.issue({ name: 'core-1', role: 'core', hosts: ['127.0.0.1'], days: 2 });
  const port = await freePort();
  const resendMs = 2 * INTERVAL_MS * pace;
  const rules = join(directory, 'rules.yml');
  writeFileSync(rules, rulesAt(pace));
  const file = join(directory, 'core.yaml');
  writeFileSync(
    file,
    stringify({
      ...{ name: 'core-1', dataDir: join(directory, 'data'), tls },
      http: { listen: `127.0.0.1:${port}` },
      ingest: { listen: '127.0.0.1:0' },
      alerts: {
        rules: { files: [rules], startAfter: '0s' },
        notify: { alertmanagers: [receiver.url], resend: `${resendMs}ms` },
      },
      ...engines,
    }),
  );
  const core = new TierProcess('heliograph.ts', ['core', '--config', file], join(directory, 'core.out'));
  cleanups.push(() => core.kill());
  await core.start();
  return { url: `http://127.0.0.1:${port}`, receiver, resendMs, pace };
}
