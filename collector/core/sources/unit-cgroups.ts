import type { SourceContext } from './source.ts';

/** A control group that is reported. */
export interface UnitGroup {
  /** Its path below the mount, as cAdvisor's label `id`: /system.slice/nginx.service. */
  readonly id: string;
  readonly folder: string;
  /** The last name of the path. */
  readonly unit: string;
}

/** Deeper than kubepods.slice/kubepods-burstable.slice/kubepods-...-pod<uid>.slice/cri-containerd-<id>.scope nothing is looked for. */
const MOST_DEPTH = 6;
/** Folders that one look goes through at most: a machine with ten thousand containers must not stop the collector. */
const MOST_FOLDERS = 2_000;
/** What systemd starts in slices has processes; what is below it (a service's own groups) belongs to it. Users' managers have slices of their own. */
const LEAF = /\.(service|scope)$/;
const MANAGER = /^user@\d+\.service$/;

/**
 * The control groups whose last name `fits`, at most `most` of them, sorted by path; and how many more there are. Where there are
 * more folders than one look goes through, that is the least: of those that were passed by, each that fits or may hold others counts as one. Groups of version 2 only
 * (kernel, Documentation/admin-guide/cgroup-v2.rst): where /sys/fs/cgroup has another layout there are none.
 */
export function unitGroups(
  context: SourceContext,
  fits: (name: string) => boolean,
  most: number,
): { groups: UnitGroup[]; left: number } {
  const { host, paths, names } = context;
  const root = paths.sys('fs/cgroup');
  const stat = new Float64Array(6);
  const groups: UnitGroup[] = [];
  let left = 0;
  let looked = 0;
  const look = (folder: string, id: string, depth: number): void => {
    for (const name of names(folder) ?? []) {
      // Files of a group have a dot or an underscore after a controller's name; asking of each what it is would cost more than all else.
      if (FILES.test(name)) continue;
      if (looked >= MOST_FOLDERS) {
        if (fits(name) || !LEAF.test(name)) left++;
        continue;
      }
      const path = `${folder}/${name}`;
      if (host.files.stat(path, stat) < 0 || stat[5] !== 2) continue;
      looked++;
      if (fits(name)) {
        if (groups.length < most) groups.push({ id: `${id}/${name}`, folder: path, unit: name });
        else left++;
      }
      if (depth < MOST_DEPTH && (!LEAF.test(name) || MANAGER.test(name))) look(path, `${id}/${name}`, depth + 1);
    }
  };
  if (host.files.stat(`${root}/cgroup.controllers`, stat) >= 0) look(root, '', 1);
  return { groups, left };
}

const FILES = /^(cgroup|cpu|cpuset|dmem|hugetlb|io|irq|memory|misc|pids|rdma)\.[a-z]/;
