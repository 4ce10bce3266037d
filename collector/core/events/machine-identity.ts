import type { Host } from '../host.ts';
import { attribute } from '../sources/attribute.ts';
import { cpuList } from '../sources/cpu-throttles.ts';
import { decimal } from '../sources/number.ts';
import type { SourceContext } from '../sources/source.ts';

/** What a machine is, apart from what it does; '' and 0 for what nobody says. */
export interface MachineIdentity {
  readonly kernel: string;
  readonly vendor: string;
  readonly product: string;
  readonly board: string;
  readonly firmware: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
}

/** /proc/cpuinfo of a thousand processors is more than a megabyte: the first of them says it. */
const CPUINFO_BYTES = 16 * 1024;
/** Memory that firmware and kernel keep for themselves changes with each of them. */
const SAME_MEMORY = 0.03;

/** Reads it: /proc, /sys/class/dmi/id, and the device tree where there is no DMI. */
export function machineIdentity(context: Pick<SourceContext, 'host' | 'paths' | 'text'>): MachineIdentity {
  const { host, paths } = context;
  const read = (path: string): string => (attribute(context, path) ?? '').replace(/\0.*$/s, '').trim();
  const dmi = (name: string): string => read(paths.sys(`class/dmi/id/${name}`));
  const kilobytes = decimal(/^MemTotal:\s+(\d+) kB$/m.exec(read(paths.proc('meminfo')))?.[1]);
  return {
    kernel: read(paths.proc('sys/kernel/osrelease')),
    vendor: dmi('sys_vendor'),
    product: dmi('product_name') || read(paths.proc('device-tree/model')),
    board: dmi('board_name'),
    firmware: dmi('bios_version'),
    processor: processorOf(host, paths.proc('cpuinfo')),
    processors: cpuList(read(paths.sys('devices/system/cpu/present'))).length,
    memoryBytes: Number.isNaN(kilobytes) ? 0 : kilobytes * 1024,
  };
}

function processorOf(host: Host, path: string): string {
  const bytes = new Uint8Array(CPUINFO_BYTES);
  const length = host.files.readFile(path, bytes);
  const text = length > 0 ? host.utf8(bytes, 0, length) : '';
  const of = (key: string, mark = ':'): string | undefined =>
    new RegExp(`^(?:.*\\W)?(?:${key})\\s*${mark}\\s*([^,\\n]*\\S)`, 'm').exec(text)?.[1];
  const name = /^(?:model name|cpu model|Hardware|cpu)\s*:\s*(.*\S)\s*$/m.exec(text)?.[1];
  if (name !== undefined) return name;
  // arm64 has numbers of who made what; s390x the machine's type.
  const [maker, part] = [of('CPU implementer'), of('CPU part')];
  if (maker !== undefined && part !== undefined) return `implementer ${maker} part ${part}`;
  const machine = of('machine', '=');
  return machine === undefined ? '' : `${of('vendor_id') ?? ''} ${machine}`.trim();
}

/** Names of what differs, the kernel apart. What one of the two does not know is no difference. */
export function hardwareChanges(before: MachineIdentity, now: MachineIdentity): (keyof MachineIdentity)[] {
  const changes = (['vendor', 'product', 'board', 'firmware', 'processor', 'processors'] as const).filter(
    (key) => before[key] !== now[key] && Boolean(before[key]) && Boolean(now[key]),
  );
  const both = before.memoryBytes > 0 && now.memoryBytes > 0;
  const memory = both && Math.abs(now.memoryBytes / before.memoryBytes - 1) > SAME_MEMORY;
  return memory ? [...changes, 'memoryBytes'] : changes;
}
