import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filled } from '../../cli/pack/filled.ts';
import { settle } from '../../cli/pack/request.ts';
import { loadProfile, profileNames } from '../../collector/node/profile/load.ts';

const present = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0;
/** docs/install.md says it; 10 is no protection at all. */
const MOST_EXPOSED = 1.9;
const NAME = 'heliograph-collector.service';

const units = profileNames().filter((name) => loadProfile(name).packaging.init === 'systemd');

describe.each(units)('the unit for %s', (name) => {
  const request = settle({ profile: name, release: '1.0', relays: [] });
  const { caps } = request.profile;
  const unit = filled(NAME, request);
  const setting = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value);

  test('has the caps of its profile', () => {
    expect(setting('MemoryMax')).toEqual([String(caps.memory)]);
    expect(setting('CPUQuota')).toEqual([caps.cpu]);
    expect(setting('LimitNOFILE')).toEqual([String(caps.openFiles)]);
    expect(setting('ExecStart')[0]).toContain(`--max-old-space-size=${caps.heap / 2 ** 20} `);
    expect(setting('ExecStart')[0]!.includes('--no-opt')).toBe(!request.profile.compilers);
    expect(unit).not.toMatch(/@[A-Z]+@/);
  });

  test('may write where others read, and nowhere else in /run', () => {
    expect(setting('RuntimeDirectory')).toEqual(['heliograph-collector heliograph']);
    // Of both: who others are gets through it, and each file and socket says who may use it.
    expect(setting('RuntimeDirectoryMode')).toEqual(['0755']);
  });

  test('runs as its own user, without rights, and starts for ever, but not without a certificate', () => {
    expect(setting('User')).toEqual(['heliograph-collector']);
    expect(setting('NoNewPrivileges')).toEqual(['yes']);
    expect(setting('ProtectSystem')).toEqual(['strict']);
    expect(setting('CapabilityBoundingSet')).toEqual(['']);
    expect(setting('AmbientCapabilities')).toEqual(['']);
    expect(setting('SystemCallFilter')).toContain('@system-service');
    expect(setting('Restart')).toEqual(['always']);
    expect(setting('StartLimitIntervalSec')).toEqual(['0']);
    expect(setting('ConditionPathExists')).toEqual(['/etc/heliograph-collector/collector.pem']);
    // What a closing collector may take, and a little.
    expect(Number(setting('TimeoutStopSec')[0])).toBeGreaterThan(10);
  });
});

describe.skipIf(!present)('systemd', () => {
  const text = filled(NAME, settle({ profile: 'server-x86_64', release: '1.0', relays: [] }));

  test('finds nothing wrong with it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heliograph-units-'));
    try {
      const file = join(folder, NAME);
      // It looks whether the program is there; on this machine it is elsewhere.
      writeFileSync(file, text.replaceAll('/usr/lib/heliograph-collector/bin/node', '/bin/true'));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
      expect(stderr.split('\n').filter((line) => line.includes('heliograph'))).toEqual([]);
      expect(status).toBe(0);
      const out = execFileSync('systemd-analyze', ['security', '--offline=true', file], { encoding: 'utf8' });
      expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(out)![1])).toBeLessThan(MOST_EXPOSED);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
