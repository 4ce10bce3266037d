import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatLabels } from '../../../collector/core/exposition.ts';
import type { HostFiles } from '../../../collector/core/host.ts';
import { collectAll } from '../../../collector/core/sources/collect-all.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { hostSources } from '../../../collector/core/sources/host-sources.ts';
import { fixtureHost } from './fixture-host.ts';

const EIO = -5;
const COUNT = 'heliograph_collector_unreadable_files_total';

interface Run {
  /** Samples by name and labels, without how long it took. */
  readonly samples: ReadonlyMap<string, number>;
  /** Files and folders that were asked for and are there. */
  readonly asked: ReadonlySet<string>;
  readonly errors: readonly string[];
}

/** One collection of one source over a tree, of which one file or folder gives an input/output error. */
function collect(root: string, name: string, broken: string | null): Run {
  const host = fixtureHost();
  const samples = new Map<string, number>();
  const asked = new Set<string>();
  const errors: string[] = [];
  const files: HostFiles = {
    ...host.files,
    readFile(path, into) {
      const got = host.files.readFile(path, into);
      if (got >= 0) asked.add(path);
      return path === broken && got >= 0 ? EIO : got;
    },
    readdir(path) {
      const got = host.files.readdir(path);
      if (typeof got !== 'number') asked.add(path);
      return path === broken && typeof got !== 'number' ? EIO : got;
    },
  };
  const log = (_level: string, _message: string, facts?: Record<string, unknown>): void =>
    void errors.push(String(facts?.error));
  const context = createSourceContext({ ...host, files, log }, root, {
    add: (metric, labels, value) => void samples.set(metric + formatLabels(labels), value),
  });
  collectAll(
    hostSources().filter((source) => source.name === name),
    context,
  );
  return { samples, asked, errors };
}

it.each(['fixtures', 'machines/large-server', 'machines/old-kernel'])(
  '%s: each file that cannot be read is counted, and no figure is made up for it',
  (tree) => {
    const root = join(import.meta.dirname, '..', tree);
    let broken = 0;
    for (const { name } of hostSources()) {
      const whole = collect(root, name, null);
      expect(whole.errors).toEqual([]);
      for (const path of whole.asked) {
        const without = collect(root, name, path);
        const of = `${name}: ${path}`;
        expect(without.samples.get(`${COUNT}{collector="${name}"}`), of).toBeGreaterThan(0);
        const success = without.samples.get(`node_scrape_collector_success{collector="${name}"}`);
        expect(without.errors, of).toEqual(
          success === 1 ? [] : [expect.stringMatching(/^HG_COLLECTOR_SOURCE: .*: error -5$/)],
        );
        for (const [key, value] of without.samples) {
          if (key.startsWith('node_scrape_')) continue;
          const before = whole.samples.get(key);
          // What is new is said with fewer labels: the count, or facts of which one is not known.
          if (before !== undefined) expect(value, `${of} ${key}`).toBe(before);
        }
        broken++;
      }
    }
    expect(broken).toBeGreaterThan(20);
  },
);
