import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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

it('takes up many files over several turns, and no line is lost or read twice, also of those that were renamed or went meanwhile', () => {
  let clock = 0;
  let looks = 0;
  const mono = (): number => {
    clock += 5;
    return clock;
  };
  const open: typeof nodeFiles.open = (path, mode) => {
    looks++;
    return nodeFiles.open(path, mode);
  };
  const host = createNodeHost({ files: { ...nodeFiles, open }, mono, log: () => undefined });
  const files = 60;
  const write = (name: string, i: number) => writeFileSync(join(folder, name), `INFO line ${i}\nINFO more ${i}\n`);
  for (let i = 0; i < files; i++) write(`job-${i}.log`, i);
  const model = new SpoolModel(host, { paths: [join(folder, '*.log')], idleFlushMs: 1e9 }, seeded(1));
  const read = (): number => {
    let turns = 0;
    let quiet = 0;
    while (quiet < 3) {
      turns++;
      quiet = model.tail.poll() || model.waiting > 0 ? 0 : quiet + 1;
      model.answerAll();
    }
    return turns;
  };
  read();
  model.checkpoint();
  model.stop();
  for (let i = 0; i < 20; i++) rmSync(join(folder, `job-${i}.log`));
  for (let i = 20; i < 40; i++) renameSync(join(folder, `job-${i}.log`), join(folder, `job-${i}.new.log`));
  for (let i = files; i < files + 20; i++) write(`job-${i}.log`, i);
  model.restart();
  looks = 0;
  expect(model.tail.poll()).toBe(true);
  // Of the 60 that are taken up, and the 20 that are new.
  expect(looks).toBeLessThan(30 * files);
  expect(model.tail.stats.lines).toBe(0);
  read();
  const all = Array.from({ length: files + 20 }, (_, i) => [`INFO line ${i}`, `INFO more ${i}`]).flat();
  expect([...model.lines].sort()).toEqual(all.sort());
  expect(model.tail.stats.files).toBe(files);
  model.stop();
});
