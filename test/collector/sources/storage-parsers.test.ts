import { expect, it } from 'vitest';
import { longNumber } from '../../../collector/core/sources/bcache.ts';
import { parseIoDone, parseIoErrors, plainBytes } from '../../../collector/core/sources/bcachefs.ts';
import { allocationRatio } from '../../../collector/core/sources/btrfs.ts';
import { rateOf } from '../../../collector/core/sources/infiniband.ts';
import { parseBackends, parseBalancerTotals, shortAddress } from '../../../collector/core/sources/ipvs.ts';
import { calls, parseRpc } from '../../../collector/core/sources/nfs-procedures.ts';
import { zoneIndex } from '../../../collector/core/sources/power-capping.ts';
import { parseSelinuxMode } from '../../../collector/core/sources/selinux.ts';
import { parseXfs } from '../../../collector/core/sources/xfs.ts';
import { parseKstat, parsePoolIo } from '../../../collector/core/sources/zfs.ts';

it('kstat: rows below the heading, strings with blanks', () => {
  const rows: string[][] = [];
  parseKstat('9 1 0x01\nx 4 1\nname   type data\nhits 4 44\ndataset_name  7  a  b\nshort 4\n', (...row) =>
    rows.push(row),
  );
  expect(rows).toEqual([
    ['hits', '4', '44'],
    ['dataset_name', '7', 'a  b'],
  ]);
});

it('a pool of old: names above numbers, and nothing for a torn table', () => {
  const names = 'nread nwritten reads writes wtime wlentime wupdate rtime rlentime rupdate wcnt rcnt';
  const rows: unknown[][] = [];
  parsePoolIo(`12 3\n${names}\n1 2 3 4 5 6 7 8 9 10 11 x\n`, (...row) => rows.push(row));
  expect(rows).toHaveLength(11);
  parsePoolIo(names, (...row) => rows.push(row));
  expect(rows).toHaveLength(11);
});

it('XFS: what a kernel does not count is 0, and rw has writes first', () => {
  const values = parseXfs('rw 28 7\nvnodes 4 0\nstrange 1 2\nig x\n');
  expect(values.get('write_calls')).toBe(28);
  expect(values.get('read_calls')).toBe(7);
  expect(values.get('vnode_active')).toBe(4);
  expect(values.get('inode_operation_attempts')).toBe(0);
});

it('Btrfs: bytes of disk for a byte of data', () => {
  expect(['single', 'dup', 'raid1c3', 'raid5', 'raid6', 'raid9'].map((mode) => allocationRatio(mode, 5))).toEqual([
    1,
    2,
    3,
    1.25,
    5 / 3,
    0,
  ]);
});

it("bcache's and bcachefs' short numbers", () => {
  expect(['512', '1.5M', '20.4G', '-790.0k', '1.2.3', ''].map(longNumber)).toEqual([
    512,
    1_560_576,
    21_894_266_880,
    -808_960,
    Number.NaN,
    Number.NaN,
  ]);
  expect(['0', '2.05G', '1.26k', '10.8T', 'x'].map(plainBytes)).toEqual([
    0,
    2_201_170_739,
    1290,
    11_874_725_579_980,
    Number.NaN,
  ]);
  expect(parseIoDone('sb : 1\nread:\nsb  :  2\nwrite:\nuser:3\n')).toEqual([
    ['read', 'sb', 2],
    ['write', 'user', 3],
  ]);
  expect(
    parseIoErrors('IO errors since filesystem creation\n  read: 3\n  x\nIO errors since 8 y ago\n  read: 1\n'),
  ).toEqual([['read', 3]]);
});

it('NFS: a line that contradicts itself says nothing, procedures that are not known were not called', () => {
  const lines = parseRpc('net 1 2 x\nproc3 2 5 6\nproc4 9 1\nth 8 0 0.000\n');
  expect([...lines.keys()]).toEqual(['proc3', 'proc4', 'th']);
  expect(calls(lines.get('proc3'), ['A', '-', 'C', 'D'])).toEqual([
    ['A', 5],
    ['C', 0],
    ['D', 0],
  ]);
  expect(calls(lines.get('proc4'), ['A'])).toEqual([]);
  expect(calls(undefined, ['A'])).toEqual([['A', 0]]);
});

it('IPVS: equal backends are one, what has no service is none', () => {
  const text =
    '  -> C0A85216:0CEA Tunnel 1 1 1\nTCP  C0A80016:0CEA wlc\n  -> C0A85216:0CEA Tunnel 100 248 2\n  -> C0A85216:0CEA Tunnel 1 2 3\n  -> nonsense Tunnel 1 2 3\n';
  expect(parseBackends(text)).toEqual([
    {
      proto: 'TCP',
      mark: '',
      local: ['192.168.0.22', 3306],
      remote: ['192.168.82.22', 3306],
      weight: 101,
      active: 250,
      inactive: 5,
    },
  ]);
  expect(parseBalancerTotals('a\nb\n 1 FF 0 0 0\n')).toEqual([1, 255, 0, 0, 0]);
  expect(parseBalancerTotals('a\nb\n 1 FF 0 0\n')).toBeNull();
  expect(
    [
      '2001:0db8:0000:0001:0000:0000:0000:0002',
      '0000:0000:0000:0000:0000:0000:0000:0001',
      '0001:0000:0002:0003:0004:0005:0006:0007',
    ].map(shortAddress),
  ).toEqual(['2001:db8:0:1::2', '::1', '1:0:2:3:4:5:6:7']);
});

it('rates, power zones, SELinux', () => {
  expect([rateOf('2.5 Gb/sec (1X SDR)'), rateOf(undefined)]).toEqual([312_500_000, Number.NaN]);
  const used = new Map<string, number>();
  expect(['package-1', 'dram', 'dram', 'psys'].map((name) => zoneIndex(name, used))).toEqual([
    ['package', 1],
    ['dram', 0],
    ['dram', 1],
    ['psys', 0],
  ]);
  expect(['#SELINUX=enforcing\n', 'SELINUX=permissive\n', 'SELINUX=Enforcing\n'].map(parseSelinuxMode)).toEqual([
    -1, 0, 1,
  ]);
});
