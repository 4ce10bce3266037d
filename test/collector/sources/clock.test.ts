import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { collectOnce } from '../../../collector/core/exposition.ts';
import { clockSource } from '../../../collector/core/sources/clock.ts';
import { fixtureHost } from './fixture-host.ts';

it("says when the clock was synchronised, and what its daemon found, by the files' times", () => {
  const root = mkdtempSync(join(tmpdir(), 'clock-'));
  const write = (path: string, text: string, seconds: number): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), seconds, seconds);
  };
  write('run/systemd/timesync/synchronized', '', 1_700_000_000);
  write('var/lib/chrony/chrony.drift', '            -13.250000             0.016\n', 1_700_000_600);
  write('var/lib/ntp/ntp.drift', 'garbage\n', 1_700_000_600);
  try {
    const lines = collectOnce(fixtureHost(), root, [clockSource()]).split('\n');
    expect(lines.filter((line) => line.startsWith('heliograph_'))).toEqual([
      'heliograph_clock_drift_ratio{by="chrony"} -0.00001325',
      'heliograph_clock_drift_timestamp_seconds{by="chrony"} 1700000600',
      'heliograph_clock_synchronized_timestamp_seconds{by="systemd-timesyncd"} 1700000000',
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
