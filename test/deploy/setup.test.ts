import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coreConfig } from '../../core/config.ts';
import { startCore } from '../../core/start.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { silentLog } from '../../lib/log.ts';

const run = promisify(execFile);
let root: string;
let tools: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'heliograph-setup-'));
  tools = join(root, 'bin');
  for (const folder of [
    'ca',
    'tls/core-1',
    'tls/relay-1',
    'tls/relay-2',
    'secrets',
    'proxy-secrets',
    's3-secrets',
    'var/lib/heliograph',
    'bin',
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  // As the image has it.
  const command = `#!/bin/sh\nexec "${process.execPath}" --disable-warning=ExperimentalWarning ${resolve('cli/heliograph.ts')} "$@"\n`;
  writeFileSync(join(tools, 'heliograph'), command);
  chmodSync(join(tools, 'heliograph'), 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const setup = async () => {
  const PATH = `${tools}:${dirname(process.execPath)}:${process.env.PATH}`;
  return (
    await run('/bin/sh', ['deploy/setup.sh'], {
      env: { ...process.env, PATH, ROOT: root, RELAY_HOSTS: 'relay.example 10.0.0.7' },
    })
  ).stdout;
};
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('the first start makes certificates, a password, a key and a token; each tier gets what is its own', async () => {
  const said = await setup();
  for (const [name, role, hosts] of [
    ['core-1', 'core', ['DNS:core', 'DNS:localhost']],
    ['relay-1', 'relay', ['DNS:relay-1', 'DNS:relay.example', 'IP Address:10.0.0.7']],
    ['relay-2', 'relay', ['DNS:relay-2', 'DNS:relay.example', 'IP Address:10.0.0.7']],
  ] as const) {
    const certificate = new X509Certificate(read(`tls/${name}/${name}.pem`));
    expect(certificate.subject).toContain(`CN=${name}`);
    expect(certificate.subject).toContain(`OU=${role}`);
    for (const host of hosts) expect(certificate.subjectAltName).toContain(host);
    expect(certificate.verify(new X509Certificate(read(`tls/${name}/ca.pem`)).publicKey)).toBe(true);
    expect(read(`tls/${name}/${name}.key`)).toContain('PRIVATE KEY');
    expect(statSync(join(root, `tls/${name}/${name}.key`)).mode & 0o007).toBe(0);
  }
  const password = read('secrets/page.password').trim();
  expect(said).toContain(password);
  const [, hashed] = /^heliograph:\{SSHA\}(.+)\n$/.exec(read('proxy-secrets/page.htpasswd'))!;
  const bytes = Buffer.from(hashed!, 'base64');
  expect(createHash('sha1').update(password).update(bytes.subarray(20)).digest().equals(bytes.subarray(0, 20))).toBe(
    true,
  );
  const { identities } = JSON.parse(read('s3-secrets/s3.json')) as {
    identities: { credentials: { accessKey: string; secretKey: string }[] }[];
  };
  const { accessKey, secretKey } = identities[0]!.credentials[0]!;
  expect(read('secrets/aws.credentials')).toBe(
    `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`,
  );
  expect(secretKey).not.toBe(password);
  expect(read('secrets/push.token').trim().length).toBeGreaterThan(20);
});

test('the next one keeps them all, renews what ends soon, and hands on the deny list', async () => {
  const files = [
    'tls/core-1/core-1.pem',
    'secrets/page.password',
    'proxy-secrets/page.htpasswd',
    'secrets/push.token',
    'ca/ca.pem',
  ];
  const before = files.map(read);
  const soon = await run(join(tools, 'heliograph'), [
    'ca',
    'issue',
    'relay-2',
    '--role',
    'relay',
    '--host',
    'relay-2',
    '--days',
    '20',
    '--dir',
    join(root, 'ca'),
  ]);
  expect(soon.stdout).toContain('relay-2.pem');
  await run(join(tools, 'heliograph'), ['ca', 'revoke', 'relay-1', '--dir', join(root, 'ca')]);
  await setup();
  expect(files.map(read)).toEqual(before);
  const renewed = new X509Certificate(read('tls/relay-2/relay-2.pem'));
  expect(renewed.validToDate.getTime()).toBeGreaterThan(Date.now() + 300 * 86_400_000);
  expect(read('tls/core-1/revoked.txt')).toContain('relay-1');
});

test('a core starts on what was made, but for the engines', async () => {
  const config = loadConfig('deploy/config/core.yaml', coreConfig);
  const here = (path: string) => join(root, path);
  const { tls } = config;
  const core = await startCore(
    {
      ...config,
      dataDir: here(config.dataDir),
      tls: { ca: here(tls.ca), cert: here(tls.cert), key: here(tls.key), revoked: here(tls.revoked!) },
      ingest: { listen: { host: '127.0.0.1', port: 0 } },
      http: { ...config.http, listen: { host: '127.0.0.1', port: 0 } },
      push: { ...config.push, listen: { host: '127.0.0.1', port: 0 }, grpc: { host: '127.0.0.1', port: 0 } },
      metrics: 'embedded',
      bus: 'embedded',
      logs: 'embedded',
      objects: 'folder',
    },
    { log: silentLog },
  );
  try {
    const { host, port } = core.http;
    expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
  } finally {
    await core.close();
  }
});
