import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { machineIdentity } from '../../../collector/core/events/machine-identity.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { fixtureHost } from '../sources/fixture-host.ts';

it.each([
  [
    'x86',
    'processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9754, 128 cores \ncpu MHz\t\t: 3100.0\n',
    'AMD EPYC 9754, 128 cores',
  ],
  [
    'ppc64',
    'processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.0MHz\nmachine\t\t: PowerNV 9006-22P\n',
    'POWER9, altivec supported',
  ],
  [
    'arm64',
    'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n',
    'implementer 0x41 part 0xd0c',
  ],
  [
    's390x',
    'vendor_id       : IBM/S390\n# processors    : 2\nprocessor 0: version = 00,  identification = 0A1B2C,  machine = 8561\nprocessor 1: version = 00,  identification = 0A1B2C,  machine = 8561\n',
    'IBM/S390 8561',
  ],
  ['nothing that says it', 'processor\t: 0\n', ''],
])('%s: which processor the machine has', (_, cpuinfo, processor) => {
  const root = mkdtempSync(join(tmpdir(), 'identity-'));
  try {
    mkdirSync(join(root, 'proc'));
    writeFileSync(join(root, 'proc/cpuinfo'), cpuinfo);
    const context = createSourceContext(fixtureHost(), root, { add: () => undefined });
    expect(machineIdentity(context).processor).toBe(processor);
  } finally {
    rmSync(root, { recursive: true });
  }
});
