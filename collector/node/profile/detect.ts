import { readFileSync, statSync } from 'node:fs';

/** Which kind of hardware a machine is, and what says so. */
export interface Detected {
  readonly name: string;
  /** What was seen, with its file: the first thing decided. */
  readonly because: string;
  /** What was looked for before and not found, in that order. */
  readonly not: readonly string[];
}

/** A machine as far as it is looked at. */
interface Machine {
  /** Text of a file below the root, its zeros and spaces at the ends gone; empty where it cannot be read. */
  text(path: string): string;
  there(path: string): boolean;
}

/** A kind and how it shows: what was seen, or null. In the order in which they are asked: the narrower first. */
const KINDS: readonly (readonly [string, string, (machine: Machine) => string | null])[] = [
  ['openwrt-router', '/etc/openwrt_release', openWrt],
  ['switch-linux', 'SONiC, Cumulus or ONIE files', networkSwitch],
  ['bmc', 'OpenBMC, or a management processor', managementController],
  ['industrial-gateway', 'an industrial maker, chassis or board', industrial],
  ['raspberry-pi', 'a Raspberry Pi', raspberryPi],
  ['virtual-machine', 'a hypervisor', hypervisor],
  ['industrial-gateway', 'a board with a device tree and no firmware tables', smallBoard],
];

/**
 * Looks at the files of a machine; a pure function of what stands below the root. `snmp-proxy` is never found: it is a task, and no kind of machine.
 * @param root where /proc, /sys and /etc are
 * @param arch the processor where the files do not say
 */
export function detectProfile(root: string, arch: string = process.arch): Detected {
  const machine = machineAt(root);
  const not: string[] = [];
  for (const [name, looked, sees] of KINDS) {
    const seen = sees(machine);
    if (seen !== null) return { name, because: seen, not };
    not.push(looked);
  }
  const [processor, from] = processorOf(machine, arch);
  return {
    name: processor === 'arm64' ? 'server-arm64' : 'server-x86_64',
    because: `${from}, and none of the other kinds`,
    not,
  };
}

function machineAt(root: string): Machine {
  const base = root.replace(/\/+$/, '');
  return {
    text(path) {
      try {
        // Device trees end their texts with a zero and separate them by it.
        return readFileSync(base + path, 'utf8')
          .replaceAll('\0', ' ')
          .trim();
      } catch {
        return '';
      }
    },
    there(path) {
      return statSync(base + path, { throwIfNoEntry: false }) !== undefined;
    },
  };
}

function openWrt({ there }: Machine): string | null {
  return there('/etc/openwrt_release') ? '/etc/openwrt_release is there' : null;
}

function networkSwitch(machine: Machine): string | null {
  for (const path of ['/etc/sonic/sonic_version.yml', '/etc/sonic', '/etc/cumulus', '/etc/onl']) {
    if (machine.there(path)) return `${path} is there`;
  }
  const onie = /^onie_(?:platform|machine)=.*$/m.exec(machine.text('/etc/machine.conf'));
  if (onie) return `/etc/machine.conf says ${onie[0]}`;
  return osRelease(machine, /^(?:sonic|cumulus-linux|dent|onl)$/);
}

function managementController(machine: Machine): string | null {
  const said = osRelease(machine, /^openbmc/);
  if (said !== null) return said;
  const tree = machine.text('/proc/device-tree/compatible');
  return /\b(?:aspeed,ast2\d00|nuvoton,npcm[78]\d\d)\b/.test(tree) ? `/proc/device-tree/compatible is "${tree}"` : null;
}

function osRelease(machine: Machine, id: RegExp): string | null {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const said = /^ID=["']?([^"'\n]+)/m.exec(machine.text(path))?.[1];
    if (said !== undefined && id.test(said)) return `${path} says ID=${said}`;
  }
  return null;
}

/** Makers of machines for cabinets and rails, and of boards in them, as they write themselves. */
const INDUSTRIAL =
  /SIMATIC|\bMOXA\b|Advantech|Beckhoff|\bWAGO\b|PHOENIX CONTACT|Eurotech|OnLogic|Logic Supply|NEXCOM|Axiomtek|\bARBOR\b|ADLINK|Kontron|Vecow|Neousys|Edge Gateway/i;
/** Device trees name the board: Siemens IOT2050, Revolution Pi, WAGO's and Moxa's controllers. */
const INDUSTRIAL_TREE = /\b(?:siemens,iot|kunbus,|wago,|moxa,|phytec,|toradex,|beckhoff,)/;
/** SMBIOS 3.8, table 17: what a chassis is. */
const CHASSIS: Readonly<Record<string, string>> = { '33': 'IoT gateway', '34': 'embedded PC' };

function industrial(machine: Machine): string | null {
  for (const file of ['sys_vendor', 'product_name', 'board_vendor']) {
    const said = machine.text(`/sys/class/dmi/id/${file}`);
    if (INDUSTRIAL.test(said)) return `/sys/class/dmi/id/${file} is "${said}"`;
  }
  const chassis = machine.text('/sys/class/dmi/id/chassis_type');
  if (Object.hasOwn(CHASSIS, chassis)) return `/sys/class/dmi/id/chassis_type is ${chassis} (${CHASSIS[chassis]})`;
  const tree = machine.text('/proc/device-tree/compatible');
  return INDUSTRIAL_TREE.test(tree) ? `/proc/device-tree/compatible is "${tree}"` : null;
}

function raspberryPi(machine: Machine): string | null {
  const model = machine.text('/proc/device-tree/model');
  if (model.startsWith('Raspberry Pi')) return `/proc/device-tree/model is "${model}"`;
  // A container sees no device tree.
  const line = /^Model\s*: (Raspberry Pi.*)$/m.exec(machine.text('/proc/cpuinfo'));
  return line ? `/proc/cpuinfo says Model: ${line[1]}` : null;
}

const VIRTUAL =
  /\b(?:QEMU|KVM|VMware|VirtualBox|innotek GmbH|Xen|HVM domU|Bochs|Parallels|OpenStack|Amazon EC2|Google Compute Engine|BHYVE|Nutanix|oVirt|RHEV|DigitalOcean|Hetzner vServer|Alibaba Cloud ECS|Firecracker)\b/i;

function hypervisor(machine: Machine): string | null {
  // The machine that the others run on sees the hypervisor, too.
  if (machine.text('/proc/xen/capabilities').includes('control_d')) return null;
  const product = machine.text('/sys/class/dmi/id/product_name');
  const vendor = machine.text('/sys/class/dmi/id/sys_vendor');
  // Clouds rent whole machines out under the same maker's name.
  if (/\.metal\b/.test(product)) return null;
  if (/^flags\s*:.*\bhypervisor\b/m.test(machine.text('/proc/cpuinfo'))) return '/proc/cpuinfo has the flag hypervisor';
  const kind = machine.text('/sys/hypervisor/type');
  if (kind !== '') return `/sys/hypervisor/type is ${kind}`;
  if (vendor === 'Microsoft Corporation' && product === 'Virtual Machine')
    return `/sys/class/dmi/id/product_name is "${product}" of ${vendor}`;
  for (const [file, said] of [
    ['sys_vendor', vendor],
    ['product_name', product],
  ] as const) {
    if (VIRTUAL.test(said)) return `/sys/class/dmi/id/${file} is "${said}"`;
  }
  const tree = machine.text('/proc/device-tree/compatible');
  return /\b(?:linux,dummy-virt|xen,xenvm|qemu,)/.test(tree) ? `/proc/device-tree/compatible is "${tree}"` : null;
}

/** Servers have DMI or ACPI tables, whatever their processor. */
function smallBoard(machine: Machine): string | null {
  const model = machine.text('/proc/device-tree/model');
  if (model === '' || machine.there('/sys/class/dmi/id') || machine.there('/sys/firmware/acpi/tables')) return null;
  return `/proc/device-tree/model is "${model}", without firmware tables`;
}

function processorOf(machine: Machine, arch: string): readonly [string, string] {
  const said = machine.text('/proc/sys/kernel/arch');
  if (said !== '') return [said === 'aarch64' ? 'arm64' : said, `/proc/sys/kernel/arch is ${said}`];
  const info = machine.text('/proc/cpuinfo');
  if (/^CPU architecture\s*: [89]/m.test(info)) return ['arm64', '/proc/cpuinfo is of an ARM processor of 64 bits'];
  if (/^(?:vendor_id|flags)\s*:/m.test(info)) return ['x64', '/proc/cpuinfo is of an x86 processor'];
  return [arch, `the program is for ${arch}`];
}
