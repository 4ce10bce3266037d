import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectOnce } from '../../../collector/core/exposition.ts';
import { createSourceContext } from '../../../collector/core/sources/context.ts';
import { unitGroups } from '../../../collector/core/sources/unit-cgroups.ts';
import { parseGroupIo, unitsSource } from '../../../collector/core/sources/units.ts';
import { fixtureHost } from './fixture-host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'units-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const samples = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.includes('node_scrape'));

it('a unit with everything, under the names that cAdvisor gives', () => {
  const unit = 'sys/fs/cgroup/system.slice/pay.service';
  write('sys/fs/cgroup/cgroup.controllers', 'cpu io memory pids\n');
  write(
    `${unit}/cpu.stat`,
    'usage_usec 7000001\nuser_usec 5000000\nsystem_usec 2000001\nnr_periods 9\nnr_throttled 2\nthrottled_usec 31\n',
  );
  write(`${unit}/memory.current`, '104857600\n');
  write(
    `${unit}/memory.stat`,
    'anon 50000000\nfile 40000000\nfile_mapped 4096\ninactive_file 4857600\npgfault 77\npgmajfault 3\n',
  );
  write(`${unit}/memory.max`, 'max\n');
  write(`${unit}/memory.swap.current`, '0\n');
  write(`${unit}/memory.events`, 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 2\n');
  write(`${unit}/pids.current`, '33\n');
  write(`${unit}/pids.max`, '4915\n');
  write(
    `${unit}/cpu.pressure`,
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n',
  );
  write(`${unit}/io.stat`, '8:0 rbytes=90112 wbytes=512 rios=3 wios=1 dbytes=0 dios=0\n259:1 rbytes=1\nnonsense\n');
  mkdirSync(join(root, 'sys/dev/block'), { recursive: true });
  symlinkSync('../../devices/pci0000:00/block/sda', join(root, 'sys/dev/block/8:0'));
  const own = 'id="/system.slice/pay.service",unit="pay.service"';
  const fault = (kind: string): string =>
    `failure_type="${kind}",id="/system.slice/pay.service",scope="container",unit="pay.service"`;
  expect(samples(collectOnce(fixtureHost(), root, [unitsSource({ match: ['*.service'], most: 9 })]))).toEqual([
    `container_cpu_cfs_periods_total{${own}} 9`,
    `container_cpu_cfs_throttled_periods_total{${own}} 2`,
    `container_cpu_cfs_throttled_seconds_total{${own}} 0.000031`,
    `container_cpu_system_seconds_total{${own}} 2.000001`,
    `container_cpu_usage_seconds_total{${own}} 7.000001`,
    `container_cpu_user_seconds_total{${own}} 5`,
    `container_fs_reads_bytes_total{device="/dev/sda",${own}} 90112`,
    `container_fs_reads_bytes_total{device="259:1",${own}} 1`,
    `container_fs_reads_total{device="/dev/sda",${own}} 3`,
    `container_fs_writes_bytes_total{device="/dev/sda",${own}} 512`,
    `container_fs_writes_total{device="/dev/sda",${own}} 1`,
    `container_memory_cache{${own}} 40000000`,
    `container_memory_failures_total{${fault('pgfault')}} 77`,
    `container_memory_failures_total{${fault('pgmajfault')}} 3`,
    `container_memory_mapped_file{${own}} 4096`,
    `container_memory_rss{${own}} 50000000`,
    `container_memory_swap{${own}} 0`,
    `container_memory_usage_bytes{${own}} 104857600`,
    `container_memory_working_set_bytes{${own}} 100000000`,
    `container_oom_events_total{${own}} 2`,
    `container_pressure_cpu_stalled_seconds_total{${own}} 0.000007`,
    `container_pressure_cpu_waiting_seconds_total{${own}} 1.5`,
    `container_spec_memory_limit_bytes{${own}} 0`,
    `container_threads{${own}} 33`,
    `container_threads_max{${own}} 4915`,
  ]);
});

it("containers and users' services are found, a service's own groups are not, and what is over the limit is counted", () => {
  write('sys/fs/cgroup/cgroup.controllers', 'pids\n');
  for (const unit of [
    'system.slice/a.service/worker.scope',
    'system.slice/docker-0123.scope',
    'user.slice/user-1000.slice/user@1000.service/app.slice/editor.service',
    'kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-77.scope',
  ]) {
    write(`sys/fs/cgroup/${unit}/pids.current`, '1\n');
    write(`sys/fs/cgroup/${dirname(unit)}/pids.current`, '1\n');
  }
  const units = (match: string[], most: number): string[] =>
    samples(collectOnce(fixtureHost(), root, [unitsSource({ match, most })])).flatMap((line) =>
      line.startsWith('container_threads{') ? [/unit="([^"]*)"/.exec(line)![1]!] : [line],
    );
  expect(units(['*.service', '*.scope'], 50)).toEqual([
    'cri-containerd-77.scope',
    'a.service',
    'docker-0123.scope',
    'editor.service',
  ]);
  expect(units(['*.scope'], 1)).toEqual(['cri-containerd-77.scope', 'heliograph_collector_units_left_out 1']);
});

it('without version 2 of control groups there is nothing', () => {
  write('sys/fs/cgroup/memory/system.slice/a.service/memory.usage_in_bytes', '1\n');
  expect(samples(collectOnce(fixtureHost(), root, [unitsSource({ match: ['*'], most: 9 })]))).toEqual([]);
});

it('a unit that ends between two looks is left out, one that begins is seen at the next look', () => {
  write('sys/fs/cgroup/cgroup.controllers', 'pids\n');
  write('sys/fs/cgroup/a.service/pids.current', '1\n');
  const seen: string[] = [];
  const source = unitsSource({ match: ['*.service'], most: 9 });
  const context = createSourceContext(fixtureHost(), root, {
    add: (name, labels) => void (name === 'container_threads' && seen.push(labels[3]!)),
  });
  source.collect(context);
  rmSync(join(root, 'sys/fs/cgroup/a.service'), { recursive: true });
  write('sys/fs/cgroup/b.service/pids.current', '1\n');
  for (let i = 0; i < 6; i++) source.collect(context);
  expect(seen).toEqual(['a.service', 'b.service']);
});

it('io.stat: devices with what they say', () => {
  expect(parseGroupIo('8:16 rbytes=1 wbytes=x\n \n8:0\n')).toEqual([
    ['8:16', new Map([['rbytes', 1]])],
    ['8:0', new Map()],
  ]);
});

it('above 2,000 folders those that were passed by are counted', () => {
  write('sys/fs/cgroup/cgroup.controllers', 'pids\n');
  write('sys/fs/cgroup/cgroup.procs', '1\n');
  for (let i = 0; i < 2_010; i++) mkdirSync(join(root, `sys/fs/cgroup/a${i}.service`));
  mkdirSync(join(root, 'sys/fs/cgroup/b.mount'));
  // What is in it nobody has seen.
  for (let i = 0; i < 3; i++) mkdirSync(join(root, `sys/fs/cgroup/b.slice/${i}.service`), { recursive: true });
  mkdirSync(join(root, 'sys/fs/cgroup/c.scope'));
  const context = createSourceContext(fixtureHost(), root, { add: () => undefined });
  const { groups, left } = unitGroups(context, (name) => name.endsWith('.service'), 5000);
  expect(groups.length).toBe(2_000);
  expect(left).toBe(12);
});
