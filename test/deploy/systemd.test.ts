import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AS_DEPLOYED } from '../../bench/relay/as-deployed.ts';

const present = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0;
/** docs/install.md says it; 10 is no protection at all. */
const MOST_EXPOSED = 1.5;

describe.each(['core', 'relay'])('heliograph-%s.service', (tier) => {
  const file = `deploy/systemd/heliograph-${tier}.service`;
  const unit = readFileSync(file, 'utf8');
  const setting = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);

  test('restarts for ever, closes in time, and is hardened', () => {
    expect(setting('Restart')).toEqual(['always']);
    expect(setting('StartLimitIntervalSec')).toEqual(['0']);
    expect(Number(setting('TimeoutStopSec')[0])).toBeGreaterThan(15);
    expect(setting('NoNewPrivileges')).toEqual(['yes']);
    expect(setting('ProtectSystem')).toEqual(['strict']);
    expect(setting('CapabilityBoundingSet')).toEqual(['']);
    expect(setting('SystemCallFilter')).toContain('@system-service');
    expect(setting('StateDirectory')).toEqual([`heliograph/${tier}`]);
    // Ten thousand connections fit into MemoryMax with what the benches set too, and are back sooner with the folder of what Node compiled.
    const relays = [...Object.entries(AS_DEPLOYED), ['NODE_COMPILE_CACHE', '/var/cache/heliograph/relay']];
    expect(setting('Environment').toSorted()).toEqual(
      tier === 'relay' ? relays.map((one) => one.join('=')).toSorted() : [],
    );
    expect(setting('CacheDirectory')).toEqual(tier === 'relay' ? ['heliograph/relay'] : []);
    // There is nothing that would answer a watchdog.
    expect(setting('WatchdogSec')).toEqual([]);
    expect(setting('ExecStart')[0]).toMatch(
      new RegExp(`heliograph\\.ts ${tier} --config /etc/heliograph/${tier}\\.yaml$`),
    );
  });

  test.skipIf(!present)('systemd finds nothing wrong with it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heliograph-units-'));
    try {
      const copy = join(folder, `heliograph-${tier}.service`);
      // It looks whether the program is there; on this machine it is elsewhere.
      writeFileSync(copy, unit.replaceAll('/opt/heliograph/node_modules/node/bin/node', '/bin/true'));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' });
      const ours = stderr.split('\n').filter((line) => line.includes('heliograph'));
      expect(ours).toEqual([]);
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.skipIf(!present)(`systemd's score of its exposure is below ${MOST_EXPOSED}`, () => {
    const out = execFileSync('systemd-analyze', ['security', '--offline=true', file], { encoding: 'utf8' });
    const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(out)![1]);
    expect(score).toBeLessThan(MOST_EXPOSED);
  });
});
