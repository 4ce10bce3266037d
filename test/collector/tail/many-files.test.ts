import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeFiles } from '../../../collector/node/files.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { seeded } from '../random.ts';
import { SpoolModel } from './spool-model.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'many-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('takes up the files of a large folder after a restart without a look at all others for each of them', () => {
  let looks = 0;
  const stat: typeof nodeFiles.stat = (path, out) => {
    looks++;
    return nodeFiles.stat(path, out);
  };
  const host = createNodeHost({ files: { ...nodeFiles, stat }, log: () => undefined });
  const files = 100;
  for (let i = 0; i < files; i++) writeFileSync(join(folder, `job-${i}.log`), `INFO line ${i}\nINFO more ${i}\n`);
  const model = new SpoolModel(host, { paths: [join(folder, '*.log')] }, seeded(1));
  for (let i = 0; i < files; i++) {
    model.tail.poll();
    model.answerAll();
  }
  expect(model.lines).toHaveLength(2 * files);
  model.checkpoint();
  looks = 0;
  model.restart();
  model.tail.poll();
  model.answerAll();
  expect(looks).toBeLessThanOrEqual(3 * files);
  expect(model.tail.stats.files).toBe(files);
  expect(model.lines).toHaveLength(2 * files);
  model.stop();
});
