import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Packed } from '../../cli/pack/pack.ts';
import { settle } from '../../cli/pack/request.ts';
import { loadProfile, profileNames } from '../../collector/node/profile/load.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';

const NAME = 'heliograph-collector';
const EPOCH = 1_790_000_000;
const has = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

let folder: string;
let node: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-packages-'));
  // The head of a program is all that is looked at; a real one is in the test of minutes.
  for (const [name, machine] of [
    ['node', 62],
    ['node-arm64', 183],
  ] as const) {
    const program = Buffer.alloc(5000, 'node');
    program.writeUInt32BE(0x7f454c46, 0);
    program.writeUInt16LE(machine, 18);
    writeFileSync(join(folder, name), program);
  }
  node = join(folder, 'node');
});
afterAll(() => rmSync(folder, { recursive: true }));

const pack = (args: readonly string[]): Promise<CliResult> => runCli(['pack', ...args]);

async function packed(args: readonly string[], out = folder): Promise<Packed> {
  process.env.SOURCE_DATE_EPOCH = String(EPOCH);
  try {
    const result = await pack(['--json', '--out', out, ...args]);
    expect(result.code, result.err).toBe(0);
    return JSON.parse(result.out) as Packed;
  } finally {
    delete process.env.SOURCE_DATE_EPOCH;
  }
}

/** Unpacked below a folder of its own. */
function unpacked(file: string): string {
  const into = mkdtempSync(join(folder, 'unpacked-'));
  if (file.endsWith('.deb')) {
    execFileSync('ar', ['x', file], { cwd: into });
    for (const part of ['control', 'data']) {
      mkdirSync(join(into, part));
      execFileSync('tar', ['-xzpf', `${part}.tar.gz`, '-C', part], { cwd: into });
    }
  } else execFileSync('tar', ['-xzpf', file, '-C', into, '--strip-components=1']);
  return into;
}

describe('a Debian package', () => {
  let file: string;
  let tree: string;
  const text = (path: string) => readFileSync(join(tree, path), 'utf8');
  beforeAll(async () => {
    const made = await packed([
      '--profile',
      'server-x86_64',
      '--node',
      node,
      '--relay',
      'r1.example:8883',
      'r2.example:8883',
    ]);
    ({ file } = made);
    expect(made.installedBytes).toBeLessThan(3 * 2 ** 20);
    tree = unpacked(file);
  });

  test('is named after release, processor and profile, and dpkg reads it', () => {
    expect(file).toBe(join(folder, `${NAME}_0.1.0_amd64_server-x86_64.deb`));
    if (!has('dpkg-deb', '--version')) return;
    const fields = execFileSync('dpkg-deb', ['--field', file, 'Package', 'Version', 'Architecture'], {
      encoding: 'utf8',
    });
    expect(fields).toBe(`Package: ${NAME}\nVersion: 0.1.0\nArchitecture: amd64\n`);
    const listed = execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8' }).trim().split('\n');
    for (const line of listed) expect(line).toMatch(/ root\/root .* \.\//);
  });

  test('its sums are those of its files, and all but the configuration has one', () => {
    execFileSync('md5sum', ['--check', '--strict', '--quiet', '../control/md5sums'], { cwd: join(tree, 'data') });
    const files = execFileSync('find', ['.', '-type', 'f', '-printf', '%P\n'], {
      cwd: join(tree, 'data'),
      encoding: 'utf8',
    });
    const summed = text('control/md5sums')
      .trim()
      .split('\n')
      .map((line) => line.slice(34));
    expect([...summed, `etc/${NAME}/collector.yaml`].sort()).toEqual(files.trim().split('\n').sort());
    expect(text('control/conffiles')).toBe(`/etc/${NAME}/collector.yaml\n`);
  });

  test('its scripts are scripts, and are safe to run twice', () => {
    for (const name of ['postinst', 'prerm', 'postrm']) {
      expect(text(`control/${name}`)).toMatch(/^#!\/bin\/sh\nset -e\n/);
      execFileSync('sh', ['-n', join(tree, 'control', name)]);
    }
  });

  test('its configuration is a good one, with the relays that were asked for', async () => {
    const config = join(tree, 'data/etc', NAME, 'collector.yaml');
    const { code, out, err } = await runCli(['check-config', '--tier', 'collector', '--json', config]);
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      profile: 'server-x86_64',
      relays: [
        { host: 'r1.example', port: 8883 },
        { host: 'r2.example', port: 8883 },
      ],
      dataDir: `/var/lib/${NAME}`,
      logs: [{ paths: expect.arrayContaining(['/var/log/syslog']) }],
    });
  });

  test('its program runs, knows its release and profiles, and nothing of other tiers', () => {
    const program = join(tree, 'data/usr/lib', NAME, 'lib/heliograph.js');
    const run = (...args: string[]) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
    expect(run('--version')).toBe('0.1.0\n');
    expect(run('collector', 'profile', 'bmc')).toContain('bmc: ');
    expect(run('collector', '--once')).toContain('heliograph_collector_build_info');
    expect(run('--help')).not.toMatch(/relay|pack|start/);
    const wrong = spawnSync(process.execPath, [program, 'collector', 'doctor', '--config', join(folder, 'none')], {
      encoding: 'utf8',
    });
    expect(wrong).toMatchObject({ status: 1, stdout: expect.stringContaining('HG_CONFIG_FILE'), stderr: '' });
  });

  test('it has the licences of what is in it', () => {
    const licences = execFileSync('gzip', ['-dc', join(tree, `data/usr/share/doc/${NAME}/licences.gz`)], {
      encoding: 'utf8',
    });
    for (const name of ['mqtt', 'zod', 'yaml', 'commander']) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  test('the same sources and date give the same bytes', async () => {
    const again = await packed(
      ['--profile', 'server-x86_64', '--node', node, '--relay', 'r1.example:8883', 'r2.example:8883'],
      join(folder, 'again'),
    );
    expect(readFileSync(again.file).equals(readFileSync(file))).toBe(true);
  });

  test.skipIf(!has('lintian', '--version'))('lintian finds no error but in the address of who packs it', () => {
    const { stdout } = spawnSync('lintian', ['--tag-display-limit', '0', '--fail-on', 'none', file], {
      encoding: 'utf8',
    });
    const found = stdout
      .split('\n')
      .filter(
        (line) =>
          /^[EW]:/.test(line) &&
          !/bogus-mail-host|root-in-contact|mismatched-override|binary-from-other-architecture|unstripped|elf-error/.test(
            line,
          ),
      );
    expect(found).toEqual([]);
  });
});

describe.skipIf(!has('rpmbuild', '--version'))('an RPM package', () => {
  const ask = ['--profile', 'server-x86_64', '--format', 'rpm', '--maintainer', '100% Ops <ops@example.org>'];
  const query = (file: string, ...args: string[]) =>
    execFileSync('rpm', ['--query', '--package', ...args, file], { encoding: 'utf8' });
  let file: string;
  beforeAll(async () => {
    ({ file } = await packed([...ask, '--node', node, '--release', '1.2.3~rc1']));
  });

  test('is named after release, processor and profile, and rpm reads it', () => {
    expect(file).toBe(join(folder, `${NAME}-1.2.3~rc1-1.x86_64_server-x86_64.rpm`));
    const fields = query(file, '--queryformat', '%{name} %{version} %{arch} %{license} %{packager}');
    expect(fields).toBe(`${NAME} 1.2.3~rc1 x86_64 Apache-2.0 100% Ops <ops@example.org>`);
    const sums = spawnSync('rpm', ['--checksig', '--nosignature', file], { encoding: 'utf8' });
    expect(sums.stdout).toContain('digests OK');
  });

  test('its files have their owners; the configuration is one, and what is not its own is not', () => {
    const owners = new Map(
      query(
        file,
        '--queryformat',
        '[%{filenames} %{filemodes:perms} %{fileusername}:%{filegroupname} %{fileflags:fflags}\n]',
      )
        .trim()
        .split('\n')
        .map((line) => [line.split(' ')[0]!, line.split(' ').slice(1).join(' ').trim()] as const),
    );
    expect(owners.get(`/etc/${NAME}`)).toBe(`drwxr-x--- root:${NAME}`);
    expect(owners.get(`/etc/${NAME}/collector.yaml`)).toBe(`-rw-r----- root:${NAME} cn`);
    expect(owners.get(`/usr/lib/${NAME}/bin/node`)).toBe('-rwxr-xr-x root:root');
    expect(owners.get('/usr/bin/heliograph')).toBe('-rwxr-xr-x root:root');
    for (const folder of ['/etc', '/usr', '/usr/bin', '/usr/lib/systemd/system'])
      expect(owners.has(folder)).toBe(false);
    expect([...owners.keys()].every((path) => path.startsWith('/usr/') || path.startsWith('/etc/'))).toBe(true);
  });

  test('what it wants is there by that name in every distribution', () => {
    const wants = query(file, '--requires').trim().split('\n');
    expect(wants.filter((one) => !/^(?:rpmlib|lib\w|\/)/.test(one))).toEqual([]);
  });

  test('its scripts are scripts', () => {
    for (const name of ['prein', 'postin', 'preun', 'postun']) {
      const script = query(file, '--queryformat', `%{${name}}`);
      expect(script).toContain(NAME);
      execFileSync('sh', ['-n'], { input: script });
    }
  });

  test('the same sources and date give the same bytes', async () => {
    const again = await packed([...ask, '--node', node, '--release', '1.2.3~rc1'], join(folder, 'again-rpm'));
    expect(readFileSync(again.file).equals(readFileSync(file))).toBe(true);
  });

  test("for another processor it has that processor's name", async () => {
    const arm = ['--profile', 'server-arm64', '--format', 'rpm', '--node', join(folder, 'node-arm64')];
    const made = await packed(arm);
    expect(query(made.file, '--queryformat', '%{arch} %{os}')).toBe('aarch64 linux');
  });

  test('without rpmbuild it says what to install', async () => {
    const before = process.env.PATH;
    process.env.PATH = folder;
    try {
      const { code, err } = await pack([...ask, '--node', node, '--out', folder]);
      expect(code).toBe(1);
      expect(err).toMatch(/HG_PACK_RPM.*rpmbuild is not here; install it.*or take the tar/);
    } finally {
      process.env.PATH = before;
    }
  });
});

test('the archive for a router: procd, no Node, and scripts that a small shell takes', async () => {
  const { file, nodeBytes } = await packed(['--profile', 'openwrt-router']);
  expect(file).toBe(join(folder, `${NAME}-0.1.0-openwrt-router.tar.gz`));
  expect(nodeBytes).toBe(0);
  const tree = unpacked(file);
  const shells = [['sh'], ...(has('busybox', 'sh', '-c', 'true') ? [['busybox', 'sh']] : [])];
  for (const script of ['install.sh', 'uninstall.sh', `files/etc/init.d/${NAME}`, 'files/usr/bin/heliograph']) {
    for (const [shell, ...before] of shells) execFileSync(shell!, [...before, '-n', join(tree, script)]);
  }
  const init = readFileSync(join(tree, `files/etc/init.d/${NAME}`), 'utf8');
  expect(init).toMatch(/^#!\/bin\/sh \/etc\/rc\.common\n/);
  expect(init).toContain('procd_set_param command "$NODE" --max-old-space-size=24 ');
  expect(init).toMatch(/limits nofile="256 256"/);
  expect(init).not.toMatch(/@[A-Z]+@/);
  expect(existsSync(join(tree, 'files/usr/lib/systemd'))).toBe(false);
  const { code, err } = await runCli([
    'check-config',
    '--tier',
    'collector',
    join(tree, 'files/etc', NAME, 'collector.yaml'),
  ]);
  expect(code, err).toBe(0);
  // Laid below a folder, for an image.
  const image = join(folder, 'image');
  execFileSync('sh', [join(tree, 'install.sh'), '--root', image]);
  expect(readFileSync(join(image, 'etc/init.d', NAME), 'utf8')).toBe(init);
});

test("a package for another processor has that processor's Node, and no other", async () => {
  const arm = join(folder, 'node-arm64');
  const { file } = await packed(['--profile', 'raspberry-pi', '--node', arm]);
  expect(file).toContain('_arm64_raspberry-pi.deb');
  const wrong = await pack(['--profile', 'raspberry-pi', '--node', node, '--out', folder]);
  expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/HG_PACK_NODE.*is no Linux program for arm64/) });
});

test.each<[string, string[], RegExp]>([
  ['no such profile', ['--profile', 'toaster'], /HG_PROFILE_UNKNOWN.*there are: bmc/],
  [
    'a format that the profile has not',
    ['--profile', 'openwrt-router', '--format', 'deb'],
    /HG_PACK_REQUEST.*its formats: tar/,
  ],
  [
    'a processor that the profile has not',
    ['--profile', 'server-x86_64', '--arch', 'arm64'],
    /HG_PACK_REQUEST.*it is for x86_64/,
  ],
  [
    'a release that would be a path',
    ['--profile', 'bmc', '--release', '../1'],
    /HG_PACK_REQUEST.*write one such as 1\.2\.3/,
  ],
  ['a relay without a port', ['--profile', 'bmc', '--relay', 'relay.example'], /--relay relay\.example: /],
  ['an authority that is not there', ['--profile', 'bmc', '--ca', '/nowhere/ca.pem'], /HG_CONFIG_FILE.*--ca FILE/],
  ['a maintainer without an address', ['--profile', 'bmc', '--maintainer', 'me'], /HG_PACK_REQUEST.*no maintainer/],
])('%s is refused, with what to do', async (_, args, message) => {
  const { code, err } = await pack([...args, '--out', folder]);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});

test('a folder that cannot be written is named, for the package and for the work', async () => {
  const ask = ['--profile', 'virtual-machine', '--node', node];
  const file = await pack([...ask, '--format', 'tar', '--out', node]);
  expect(file).toMatchObject({ code: 1, err: expect.stringMatching(/HG_PACK_REQUEST.*cannot be written.*--out$/m) });
  const before = process.env.TMPDIR;
  process.env.TMPDIR = join(folder, 'nowhere');
  try {
    const rpm = await pack([...ask, '--format', 'rpm', '--out', folder]);
    expect(rpm).toMatchObject({ code: 1, err: expect.stringMatching(/HG_PACK_REQUEST.*nowhere.*TMPDIR$/m) });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});

test.each(profileNames())('%s can be settled for each of its formats and processors', (name) => {
  const profile = loadProfile(name);
  for (const format of profile.packaging.formats) {
    for (const arch of profile.architectures) {
      expect(settle({ profile: name, format, arch, release: '1.0', relays: [] })).toMatchObject({ format, arch });
    }
  }
});
