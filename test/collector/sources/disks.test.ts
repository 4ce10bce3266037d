import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { disksSource } from '../../../collector/core/sources/disks.ts';
import { fixtureHost } from './fixture-host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'disks-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string, at = 1000): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, at, at);
}
const UDEV = 'run/udev/data/b8:0';
const disks = (...names: string[]): void =>
  write('proc/diskstats', names.map((name, i) => `8 ${i * 16} ${name} 1 2 3 4 5 6 7 8 9 10 11\n`).join(''));

/** Serial numbers of one collection, and how often udev's files were asked for and read until now. */
function collector() {
  const host = fixtureHost();
  const seen = { serials: [] as string[], stats: 0, reads: 0 };
  const files = {
    ...host.files,
    stat(path: string, out: Float64Array) {
      seen.stats++;
      return host.files.stat(path, out);
    },
    readFile(path: string, into: Uint8Array) {
      if (path.includes('/run/udev/')) seen.reads++;
      return host.files.readFile(path, into);
    },
  };
  const context = createSourceContext({ ...host, files }, root, {
    add: (name, labels) => void (name === 'node_disk_info' && seen.serials.push(labels[labels.indexOf('serial') + 1]!)),
  });
  const source = disksSource();
  return (times = 1) => {
    for (let i = 0; i < times; i++) {
      seen.serials = [];
      source.collect(context);
    }
    return { ...seen };
  };
}

it('another disk at the same number and name is told when udev has written its file, which is looked at once in a while', () => {
  disks('sda');
  write(UDEV, 'E:ID_SERIAL=old\n');
  const collect = collector();
  expect(collect(6)).toEqual({ serials: ['old'], stats: 1, reads: 1 });
  write(UDEV, 'E:ID_SERIAL=new\n', 2000);
  expect(collect()).toEqual({ serials: ['new'], stats: 2, reads: 2 });
  expect(collect(6)).toEqual({ serials: ['new'], stats: 3, reads: 2 });
  rmSync(join(root, UDEV));
  expect(collect(6).serials).toEqual(['']);
});

it('a disk that was away is asked anew at once', () => {
  disks('sda');
  write(UDEV, 'E:ID_SERIAL=old\n');
  const collect = collector();
  collect();
  disks();
  expect(collect().serials).toEqual([]);
  disks('sda');
  // Not even its time tells it from the one before.
  write(UDEV, 'E:ID_SERIAL=new\n');
  expect(collect().serials).toEqual(['new']);
});

it('what udev says only later is told then', () => {
  disks('sda');
  const collect = collector();
  expect(collect().serials).toEqual(['']);
  write(UDEV, 'E:ID_SERIAL=late\n');
  expect(collect(6).serials).toEqual(['late']);
});

it('a slash in a name is an exclamation mark in /sys; what has no queue does not turn', () => {
  disks('cciss/c0d0', 'cciss/c0d0p1');
  write('sys/block/cciss!c0d0/queue/rotational', '1\n');
  const turning: string[] = [];
  const context = createSourceContext(fixtureHost(), root, {
    add: (name, labels) => void (name === 'node_disk_info' && turning.push(labels[labels.indexOf('rotational') + 1]!)),
  });
  disksSource().collect(context);
  expect(turning).toEqual(['1', '0']);
});
