import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { build } from 'esbuild';
import { getQuickJS } from 'quickjs-emscripten';
import { expect, it } from 'vitest';
import { decodeReceived } from '../support/collector.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The recorded machine's small files, by their path below the fixture. */
function fixtureFiles(directory: string, prefix: string, into: Record<string, string>): Record<string, string> {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) fixtureFiles(path, `${prefix}/${name}`, into);
    else if (stat.isFile()) into[`${prefix}/${name}`] = readFileSync(path, 'utf8');
  }
  return into;
}

it('the whole core runs on a small engine: it collects, follows a file, spools and sends what can be decoded', async () => {
  // `neutral` knows no built-in module: any node: import fails the build.
  const bundle = await build({
    entryPoints: [here('../support/small-collector.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    target: 'es2022',
  });
  const code = bundle.outputFiles[0]!.text;

  const engine = (await getQuickJS()).newContext();
  const run = (source: string): string => {
    const outcome = engine.evalCode(source);
    if (outcome.error) expect.fail(JSON.stringify(engine.dump(outcome.error)));
    const text = engine.dump(outcome.value);
    outcome.value.dispose();
    return text;
  };
  const offer = (name: string, make: (text: string, seed: number) => string | number): void => {
    const handle = engine.newFunction(name, (text, seed) => {
      const made = make(engine.getString(text), seed === undefined ? 0 : engine.getNumber(seed));
      return typeof made === 'string' ? engine.newString(made) : engine.newNumber(made);
    });
    engine.setProp(engine.global, name, handle);
    handle.dispose();
  };
  offer('sha256', (text) => createHash('sha256').update(Buffer.from(text, 'hex')).digest('hex'));
  offer('crc32', (text, seed) => crc32(Buffer.from(text, 'hex'), seed));
  const files = fixtureFiles(here('./fixtures/proc'), '/fixture/proc', {});
  files['/logs/app.log'] = 'ERROR card 4111111111111111\nINFO all is well\n';
  run(`globalThis.files = ${JSON.stringify(files)};`);
  run(`${code}; 0`);
  const settle = (): void => {
    for (let i = 0; i < 200; i++) {
      const jobs = engine.runtime.executePendingJobs();
      if (jobs.error) expect.fail(JSON.stringify(engine.dump(jobs.error)));
    }
  };
  settle();
  for (let i = 0; i < 300; i++) {
    run('step(100); 0');
    settle();
  }
  expect(run('[typeof Buffer, typeof TextDecoder, typeof process, typeof setTimeout].join()')).toBe(
    'undefined,undefined,undefined,undefined',
  );
  const published: [string, string][] = JSON.parse(run('JSON.stringify(published)'));
  engine.dispose();

  expect(published.filter(([topic]) => topic === 'error')).toEqual([]);
  const received = published.map(([topic, payload]) => ({
    client: 'small-1',
    topic,
    payload: new Uint8Array(Buffer.from(payload, 'hex')),
    at: 0,
  }));
  const { frames, repeats, series } = decodeReceived(received);
  expect(repeats).toBe(0);
  const everything = frames.flatMap((frame) => (frame.kind === 'metrics' ? [frame] : []));
  const all = everything.flatMap((frame) => frame.sections.flatMap((section) => series(section.page)));
  const metrics = everything.filter((frame) => series(frame.sections[0]!.page)[0]!.name !== 'app_requests_total');
  expect(metrics.length).toBeGreaterThanOrEqual(3);
  expect(metrics.map((frame) => frame.sections[0]!.times[0]! % 10_000)).toEqual(metrics.map(() => 0));
  const names = metrics[0]!.sections.flatMap((section) => series(section.page).map((one) => one.name));
  expect(names.length).toBeGreaterThan(200);
  const labels = [
    ['exported_instance', 'app-1'],
    ['job', 'apps'],
    ['path', '/'],
  ];
  expect(all).toContainEqual({ name: 'app_requests_total', labels });
  expect(names).toContain('node_load1');
  const lines = frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
  expect(lines.map((line) => line.message).sort()).toEqual(['ERROR card ****************', 'INFO all is well']);
});
