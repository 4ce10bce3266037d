import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const check = (file: string) => run('test/engines/start/check-schema.sh', ['compose-spec', file]);

test("the composition is one by the specification's own schema, which finds a mistake when there is one", async () => {
  expect((await check('deploy/compose.yaml')).stdout).toContain('ok');
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-compose-'));
  try {
    const file = join(folder, 'compose.yaml');
    writeFileSync(file, readFileSync('deploy/compose.yaml', 'utf8').replace('mem_limit: 4g', 'memory_limit: 4g'));
    await expect(check(file)).rejects.toMatchObject({ stdout: expect.stringContaining('memory_limit') });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
