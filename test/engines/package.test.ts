import { type ChildProcess, execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Packed } from '../../cli/pack/pack.ts';
import type { HostView } from '../../core/fleet/host.ts';
import { BareRoot } from '../support/bare-root.ts';
import type { PrometheusAnswer, Vector } from '../support/core/answers.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

const NAME = 'heliograph-collector';
const LOG = '/var/log/syslog';

/** It makes a root and enters it. */
const possible = process.platform === 'linux' && process.getuid?.() === 0;

let fleet: Fleet;
let bare: BareRoot;
let packages: string;
let untouched: string[];
const said: string[] = [];

async function packed(format: string, release: string): Promise<string> {
  const { host, port } = fleet.relayAddress;
  const ca = join(fleet.directory, 'ca', 'ca.pem');
  const asked = ['--profile', 'server-x86_64', '--format', format, '--release', release, '--out', packages];
  const { code, out, err } = await runCli(['pack', '--json', ...asked, '--relay', `${host}:${port}`, '--ca', ca]);
  expect(code, err).toBe(0);
  return (JSON.parse(out) as Packed).file;
}

beforeAll(async () => {
  if (!possible) return;
  fleet = await createFleet({ collectors: 0 });
  packages = join(fleet.directory, 'packages');
  bare = new BareRoot();
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.authority.issue({ name: 'bare-1', role: 'collector', days: 30 });
  untouched = bare.everything();
});
afterAll(async () => {
  bare?.remove();
  await fleet?.close();
});

function inside(command: string, user?: string): string {
  const { code, out } = bare.run(['sh', '-c', command], user);
  expect(code, `${command}\n${out}`).toBe(0);
  return out;
}

function install(file: string): string {
  copyFileSync(file, bare.path('/tmp/package.deb'));
  return inside('dpkg --install /tmp/package.deb; code=$?; rm /tmp/package.deb; exit $code');
}

/** As the service's unit says: its program, its environment, its user and groups. */
function startAsUnit(): ChildProcess {
  const unit = bare.text(`/usr/lib/systemd/system/${NAME}.service`);
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)![1]!;
  const environment = Object.fromEntries(
    setting('Environment')
      .split(' ')
      .map((one) => one.split('=')),
  );
  expect(setting('User')).toBe(NAME);
  return bare.start(setting('ExecStart').split(' '), NAME, environment, (text) => said.push(text));
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await until('the collector ends', () => child.exitCode !== null || child.signalCode !== null, { withinMs: 20_000 });
  expect(child.exitCode, said.join('')).toBe(0);
}

async function host(): Promise<HostView | undefined> {
  const answer = (await (await fetch(new URL('/api/v1/fleet', fleet.coreUrl))).json()) as { hosts: HostView[] };
  return answer.hosts.find((one) => one.host === 'bare-1');
}

async function samples(query: string): Promise<Vector['result']> {
  const url = new URL(`/api/v1/query?query=${encodeURIComponent(query)}`, fleet.coreUrl);
  return ((await (await fetch(url)).json()) as PrometheusAnswer<Vector>).data.result;
}

async function lines(word: string): Promise<number> {
  // Of all times: the lines say their own.
  const url = new URL(`/api/v1/logs?q=${word}&start=0&limit=100`, fleet.coreUrl);
  return ((await (await fetch(url)).json()) as { lines: unknown[] }).lines.length;
}

let collector: ChildProcess;

test.runIf(possible)(
  'the package installs on a bare Debian, with a user of its own and a good configuration',
  async () => {
    const out = install(await packed('deb', '1.0.0'));
    expect(out).toContain('put a certificate into /etc/heliograph-collector');
    expect(inside(`id ${NAME}`)).toMatch(/uid=\d+\(heliograph-collector\) .*\(adm\)/);
    expect(
      inside(`stat -c '%U:%G %a' /etc/${NAME} /etc/${NAME}/collector.yaml /var/lib/${NAME}`).trim().split('\n'),
    ).toEqual([`root:${NAME} 750`, `root:${NAME} 640`, `${NAME}:${NAME} 750`]);
    expect(inside(`heliograph check-config /etc/${NAME}/collector.yaml`)).toContain('a good configuration');
    expect(readdirSync(bare.path('/etc/systemd/system/multi-user.target.wants'))).toContain(`${NAME}.service`);
    // Without a certificate it says what is missing.
    const { code, out: found } = bare.run(['heliograph', 'collector', 'doctor'], NAME);
    expect(code).toBe(1);
    expect(found).toMatch(/FAIL {2}certificate +\/etc\/heliograph-collector\/collector\.pem: it does not exist/);
  },
);

test.runIf(possible)(
  'started as its user it delivers metrics and lines, and its doctor has nothing to say',
  async () => {
    const folder = bare.path(`/etc/${NAME}`);
    for (const kind of ['pem', 'key'])
      copyFileSync(join(fleet.directory, 'ca', `bare-1.${kind}`), join(folder, `collector.${kind}`));
    inside(`chown root:${NAME} /etc/${NAME}/*; chmod 0640 /etc/${NAME}/collector.key`);
    appendFileSync(
      join(folder, 'collector.yaml'),
      '\n# Changed here.\ninterval: 1s\nlabels: { job: node, rack: r7 }\n',
    );
    mkdirSync(bare.path('/var/log'), { recursive: true });
    writeFileSync(bare.path(LOG), 'Nov 29 10:00:00 bare-1 app[1]: INFO first brightword\n');
    inside(`chown root:adm ${LOG}; chmod 0640 ${LOG}`);
    collector = startAsUnit();
    await until(
      'samples at the core',
      async () => (await samples('node_load1{instance="bare-1",rack="r7"}')).length === 1,
      { withinMs: 60_000 },
    );
    await until('the line at the core', async () => (await lines('brightword')) === 1);
    expect(await host()).toMatchObject({ state: 'connected', profile: 'server-x86_64', version: '1.0.0' });
    const { code, out } = bare.run(['heliograph', 'collector', 'doctor', '--json'], NAME);
    expect(code, out).toBe(0);
  },
);

test.runIf(possible)(
  'an upgrade keeps the spool and what was changed, and what nobody had taken comes with the new one',
  async () => {
    await fleet.relay.stop();
    appendFileSync(bare.path(LOG), 'Nov 29 10:00:01 bare-1 app[1]: INFO second darkword\n');
    const waiting = () => Number(inside(`du -sb /var/lib/${NAME}/spool | cut -f 1`));
    const before = waiting();
    await until('it waits in the spool', () => waiting() > before);
    await ended(collector);
    const kept = inside(`cat /var/lib/${NAME}/boot | sha256sum; find /var/lib/${NAME}/spool -type f | sort`);
    install(await packed('deb', '1.1.0'));
    expect(inside(`cat /var/lib/${NAME}/boot | sha256sum; find /var/lib/${NAME}/spool -type f | sort`)).toBe(kept);
    expect(bare.text(`/etc/${NAME}/collector.yaml`)).toContain('# Changed here.');
    expect(inside('heliograph --version')).toBe('1.1.0\n');
    await fleet.relay.start();
    collector = startAsUnit();
    await until('what waited is at the core', async () => (await lines('darkword')) === 1, { withinMs: 60_000 });
    await until('the new version is known', async () => (await host())?.version === '1.1.0');
    expect(await lines('brightword')).toBe(1);
    await ended(collector);
  },
);

/** Left by programs of Debian itself: the user's entries (policy lets a package keep it, so that its number is nobody else's) and copies of the files that they stand in. */
const KEPT = /^\.\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-$|^\.\/var\/(?:lib\/dpkg|cache\/debconf|log)\//;

/** Paths that are there now and were not, or were and are not, but for those. */
function changes(): string[] {
  const now = bare.everything();
  const [here, before] = [new Set(now), new Set(untouched)];
  const changed = [...now.filter((path) => !before.has(path)), ...untouched.filter((path) => !here.has(path))];
  return changed.filter((path) => !KEPT.test(path));
}

test.runIf(possible)('removed it keeps its data, purged it leaves nothing', async () => {
  inside(`dpkg --remove ${NAME}`);
  expect(readdirSync(bare.path(`/etc/${NAME}`))).toContain('collector.yaml');
  expect(readdirSync(bare.path(`/var/lib/${NAME}`))).toContain('spool');
  inside(`dpkg --purge ${NAME}`);
  expect(changes()).toEqual([]);
  expect(inside(`dpkg -l ${NAME} 2>&1 || true`)).not.toMatch(/^.i/m);
});

test.runIf(possible)('the archive installs by its script, keeps a configuration, and takes itself away', async () => {
  const file = await packed('tar', '1.2.0');
  mkdirSync(bare.path('/tmp/archive'));
  execFileSync('tar', ['-xzf', file, '-C', bare.path('/tmp/archive'), '--strip-components=1']);
  expect(inside('sh /tmp/archive/install.sh')).toContain('put a certificate');
  expect(inside('heliograph --version')).toBe('1.2.0\n');
  appendFileSync(bare.path(`/etc/${NAME}/collector.yaml`), '\n# Changed here.\n');
  writeFileSync(bare.path(`/usr/lib/${NAME}/lib/old.js`), '');
  expect(inside('sh /tmp/archive/install.sh')).toContain('collector.yaml.new');
  expect(bare.text(`/etc/${NAME}/collector.yaml`)).toContain('# Changed here.');
  expect(readdirSync(bare.path(`/usr/lib/${NAME}/lib`))).not.toContain('old.js');
  inside(`/usr/lib/${NAME}/uninstall.sh`);
  expect(readdirSync(bare.path(`/etc/${NAME}`))).toContain('collector.yaml');
  inside('sh /tmp/archive/uninstall.sh --purge; rm -r /tmp/archive');
  expect(changes()).toEqual([]);
  expect(inside(`getent passwd ${NAME} || echo none`)).toBe('none\n');
});

/** By rpm's own program, from outside. Debian's packages are in no database of its kind, so dependencies are not looked at. */
function rpm(...args: string[]): string {
  return execFileSync('rpm', ['--root', bare.folder, '--dbpath', '/var/lib/rpm', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
}
const installRpm = (file: string) => rpm('--force-debian', '--upgrade', '--nodeps', '--nosignature', file);

test.runIf(possible)('the rpm installs, delivers, keeps a configuration on an upgrade, and is erased', async () => {
  const out = installRpm(await packed('rpm', '1.3.0'));
  expect(out).toContain('put a certificate into /etc/heliograph-collector');
  expect(inside(`id ${NAME}`)).toMatch(/uid=\d+\(heliograph-collector\) .*\(adm\)/);
  expect(
    inside(`stat -c '%U:%G %a' /etc/${NAME} /etc/${NAME}/collector.yaml /var/lib/${NAME}`).trim().split('\n'),
  ).toEqual([`root:${NAME} 750`, `root:${NAME} 640`, `${NAME}:${NAME} 750`]);
  expect(rpm('--verify', '--nodeps', NAME)).toBe('');
  const folder = bare.path(`/etc/${NAME}`);
  for (const kind of ['pem', 'key'])
    copyFileSync(join(fleet.directory, 'ca', `bare-1.${kind}`), join(folder, `collector.${kind}`));
  inside(`chown root:${NAME} /etc/${NAME}/*; chmod 0640 /etc/${NAME}/collector.key`);
  appendFileSync(join(folder, 'collector.yaml'), '\n# Changed here.\ninterval: 1s\nlabels: { job: node, rack: r8 }\n');
  collector = startAsUnit();
  await until(
    'samples at the core',
    async () => (await samples('node_load1{instance="bare-1",rack="r8"}')).length === 1,
    { withinMs: 60_000 },
  );
  await ended(collector);
  installRpm(await packed('rpm', '1.4.0'));
  expect(bare.text(`/etc/${NAME}/collector.yaml`)).toContain('# Changed here.');
  expect(inside('heliograph --version')).toBe('1.4.0\n');
  rpm('--force-debian', '--erase', NAME);
  expect(readdirSync(folder).sort()).toEqual(['collector.key', 'collector.pem', 'collector.yaml.rpmsave']);
  expect(readdirSync(bare.path(`/var/lib/${NAME}`))).toContain('spool');
  inside(`rm -r /etc/${NAME} /var/lib/${NAME} /var/lib/rpm; userdel ${NAME}`);
  expect(changes()).toEqual([]);
});
