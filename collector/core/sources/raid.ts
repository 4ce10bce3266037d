import { addKnown, attribute, entries, numberOrZero } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source } from './source.ts';

/** One array of /proc/mdstat. Blocks of 1 KiB. */
export interface RaidArray {
  readonly device: string;
  readonly state: string;
  readonly required: number;
  readonly active: number;
  readonly failed: number;
  readonly spare: number;
  readonly blocks: number;
  readonly synced: number;
}

/** The names of states, and what dashboards call them. */
const STATES = [
  ['active', 'active'],
  ['inactive', 'inactive'],
  ['recovering', 'recovering'],
  ['resyncing', 'resync'],
  ['checking', 'check'],
] as const;
const COUNTS = /\[(\d+)\/(\d+)\] \[[U_]+\]/;
/** An array has its name, its state and its blocks in two lines; how far a repair has come stands in the next, or after the bitmap's. */
const LINES = 2;

/** Arrays of /proc/mdstat (kernel, drivers/md/md.c, md_seq_show). What cannot be understood of one leaves that one out. */
export function parseRaid(text: string): RaidArray[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!/^\S/.test(line) || line.startsWith('Personalities') || line.startsWith('unused')) return [];
    const [device, colon, given] = words(line);
    const status = lines[at + 1] ?? '';
    const blocks = decimal(words(status)[0]);
    if (colon !== ':' || given === undefined || device === undefined || Number.isNaN(blocks)) return [];
    const counts = disksOf(line, status);
    if (counts === null) return [];
    const [required, active] = counts;
    const marked = (mark: string) => line.split(mark).length - 1;
    const sync = lines[at + (lines[at + LINES]?.includes('bitmap') ? LINES + 1 : LINES)] ?? '';
    const under = stateOf(sync);
    const synced = under === null ? blocks : syncedOf(sync);
    if (Number.isNaN(synced)) return [];
    const array = { device, required, active, failed: marked('(F)'), spare: marked('(S)'), blocks, synced };
    return [{ ...array, state: under ?? given }];
  });
}

/** Required, and active. */
function disksOf(line: string, status: string): readonly [number, number] | null {
  if (line.includes('raid0') || line.includes('linear')) {
    const disks = line.split('[').length - 1;
    return [disks, disks];
  }
  if (line.includes('inactive')) return [0, 0];
  const found = COUNTS.exec(status);
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

function stateOf(sync: string): string | null {
  if (sync.includes('recovery')) return 'recovering';
  if (sync.includes('reshape')) return 'reshaping';
  if (sync.includes('check')) return 'checking';
  return sync.includes('resync') ? 'resyncing' : null;
}

function syncedOf(sync: string): number {
  if (sync.includes('PENDING') || sync.includes('DELAYED')) return 0;
  return decimal(/\((\d+)\/\d+\)/.exec(sync)?.[1]);
}

/** Software RAID, as node_exporter names it: /proc/mdstat, and raid_disks and degraded of /sys/block/md*. */
export function raidSource(): Source {
  return {
    name: 'mdadm',
    collect(context) {
      const { paths, text, labels, sink } = context;
      const table = text(paths.proc('mdstat'));
      if (table === null) return;
      for (const array of parseRaid(table)) {
        const { device } = array;
        const pairs = labels('device', device);
        for (const state of ['active', 'failed', 'spare'] as const) {
          sink.add('node_md_disks', labels('device', device, 'state', state), array[state]);
        }
        for (const [state, word] of STATES) {
          sink.add('node_md_state', labels('device', device, 'state', word), array.state === state ? 1 : 0);
        }
        sink.add('node_md_disks_required', pairs, array.required);
        sink.add('node_md_blocks', pairs, array.blocks);
        sink.add('node_md_blocks_synced', pairs, array.synced);
      }
      for (const device of entries(context, paths.sys('block'))) {
        const folder = paths.sys(`block/${device}/md`);
        const level = device.startsWith('md') ? attribute(context, `${folder}/level`) : undefined;
        if (level === undefined) continue;
        // While an array is reshaped: `11 (10)`, the number to be and the number before.
        const disks = decimal(attribute(context, `${folder}/raid_disks`)?.split(' ')[0]);
        const container = ['container', 'imsm', 'ddf', ''].includes(level);
        const pairs = labels('device', device);
        if (!container && !Number.isNaN(disks)) sink.add('node_md_raid_disks', pairs, disks);
        addKnown(context, 'node_md_degraded', pairs, numberOrZero(context, `${folder}/degraded`));
      }
    },
  };
}
