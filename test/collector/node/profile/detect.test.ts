import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { detectProfile } from '../../../../collector/node/profile/detect.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heliograph-machine-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const X86 = 'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vme sse2\n';
const GUEST = X86.replace('sse2', 'sse2 hypervisor');
const ARM = 'processor\t: 0\nBogoMIPS\t: 50.00\nCPU architecture: 8\n';
const DMI = '/sys/class/dmi/id';

function machine(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, text);
  }
}

test.each<[string, string, Record<string, string>, RegExp]>([
  [
    'server-x86_64',
    'a server',
    {
      '/proc/cpuinfo': X86,
      [`${DMI}/sys_vendor`]: 'Dell Inc.\n',
      [`${DMI}/product_name`]: 'PowerEdge R650\n',
      [`${DMI}/chassis_type`]: '23\n',
    },
    /x86/,
  ],
  [
    'server-x86_64',
    "a cloud's whole machine",
    { '/proc/cpuinfo': X86, [`${DMI}/sys_vendor`]: 'Amazon EC2\n', [`${DMI}/product_name`]: 'm5.metal\n' },
    /x86/,
  ],
  [
    'server-x86_64',
    'the machine that Xen guests run on',
    { '/proc/cpuinfo': GUEST, '/sys/hypervisor/type': 'xen\n', '/proc/xen/capabilities': 'control_d\n' },
    /x86/,
  ],
  [
    'server-arm64',
    'an ARM server with firmware tables and a device tree',
    {
      '/proc/cpuinfo': ARM,
      '/proc/sys/kernel/arch': 'aarch64\n',
      '/proc/device-tree/model': 'Ampere\0',
      [`${DMI}/sys_vendor`]: 'GIGABYTE\n',
    },
    /aarch64/,
  ],
  [
    'server-arm64',
    'an ARM server whose kernel does not name its processor',
    { '/proc/cpuinfo': ARM, [`${DMI}/sys_vendor`]: 'HPE\n' },
    /ARM/,
  ],
  ['virtual-machine', 'a guest by its flag', { '/proc/cpuinfo': GUEST }, /flag hypervisor/],
  [
    'virtual-machine',
    'an ARM guest by DMI',
    { '/proc/cpuinfo': ARM, [`${DMI}/sys_vendor`]: 'QEMU\n' },
    /sys_vendor is "QEMU"/,
  ],
  [
    'virtual-machine',
    'a guest of Hyper-V',
    {
      '/proc/cpuinfo': ARM,
      [`${DMI}/sys_vendor`]: 'Microsoft Corporation\n',
      [`${DMI}/product_name`]: 'Virtual Machine\n',
    },
    /Virtual Machine/,
  ],
  [
    'virtual-machine',
    'an ARM guest by its device tree',
    {
      '/proc/cpuinfo': ARM,
      '/proc/device-tree/compatible': 'linux,dummy-virt\0',
      '/proc/device-tree/model': 'linux,dummy-virt\0',
    },
    /dummy-virt/,
  ],
  [
    'raspberry-pi',
    'a Raspberry Pi',
    {
      '/proc/cpuinfo': ARM,
      '/proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
      '/proc/device-tree/compatible': 'raspberrypi,4-model-b\0brcm,bcm2711\0',
    },
    /Raspberry Pi 4 Model B Rev 1\.4"/,
  ],
  [
    'raspberry-pi',
    'a container on one',
    { '/proc/cpuinfo': `${ARM}Model\t\t: Raspberry Pi 5 Model B Rev 1.0\n` },
    /cpuinfo says Model/,
  ],
  [
    'industrial-gateway',
    'a Raspberry Pi in a Revolution Pi',
    {
      '/proc/cpuinfo': ARM,
      '/proc/device-tree/model': 'Raspberry Pi Compute Module 4S\0',
      '/proc/device-tree/compatible': 'kunbus,revpi-connect4\0brcm,bcm2711\0',
    },
    /kunbus/,
  ],
  [
    'industrial-gateway',
    'an industrial PC',
    { '/proc/cpuinfo': X86, [`${DMI}/sys_vendor`]: 'SIEMENS AG\n', [`${DMI}/product_name`]: 'SIMATIC IPC227E\n' },
    /SIMATIC IPC227E/,
  ],
  [
    'industrial-gateway',
    'a chassis for the internet of things',
    { '/proc/cpuinfo': X86, [`${DMI}/chassis_type`]: '33\n' },
    /IoT gateway/,
  ],
  [
    'industrial-gateway',
    'some board',
    { '/proc/cpuinfo': ARM, '/proc/device-tree/model': 'Variscite VAR-SOM-MX8M\0' },
    /VAR-SOM/,
  ],
  [
    'openwrt-router',
    'OpenWrt, in a guest too',
    { '/proc/cpuinfo': GUEST, '/etc/openwrt_release': "DISTRIB_ID='OpenWrt'\n" },
    /openwrt_release/,
  ],
  [
    'switch-linux',
    'SONiC',
    { '/proc/cpuinfo': X86, '/etc/sonic/sonic_version.yml': 'build_version: x\n' },
    /sonic_version/,
  ],
  [
    'switch-linux',
    'Cumulus',
    { '/proc/cpuinfo': X86, '/etc/os-release': 'NAME="Cumulus Linux"\nID=cumulus-linux\n' },
    /cumulus-linux/,
  ],
  [
    'switch-linux',
    'anything installed by ONIE',
    { '/proc/cpuinfo': X86, '/etc/machine.conf': 'onie_version=1\nonie_platform=x86_64-mlnx_msn2700-r0\n' },
    /mlnx_msn2700/,
  ],
  ['bmc', 'OpenBMC', { '/etc/os-release': 'ID=openbmc-phosphor\n' }, /openbmc/],
  [
    'bmc',
    'a management processor',
    {
      '/proc/device-tree/model': 'AST2600 EVB\0',
      '/proc/device-tree/compatible': 'aspeed,ast2600-evb\0aspeed,ast2600\0',
    },
    /aspeed,ast2600/,
  ],
])('%s: %s', (name, _, files, because) => {
  machine(files);
  const found = detectProfile(root, 'x64');
  expect(found.name).toBe(name);
  expect(found.because).toMatch(because);
});

test('an empty root is a server of the processor that the program is for', () => {
  expect(detectProfile(root, 'arm64')).toMatchObject({
    name: 'server-arm64',
    because: expect.stringMatching(/program/),
  });
  expect(detectProfile(`${root}/`, 'x64').name).toBe('server-x86_64');
});

test('hostile files: folders in the place of files, megabytes, no text', () => {
  mkdirSync(join(root, 'proc/cpuinfo'), { recursive: true });
  machine({
    '/proc/device-tree/model': '\0\0\0',
    '/etc/os-release': `ID=${'x'.repeat(1 << 20)}`,
    [`${DMI}/sys_vendor`]: '\xff\xfe',
  });
  expect(detectProfile(root, 'x64').name).toBe('server-x86_64');
});
