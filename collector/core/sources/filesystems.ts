import { line } from './attribute.ts';
import { errorText } from './error-text.ts';
import type { Source, SourceContext } from './source.ts';

const IGNORED_POINTS =
  /^\/(dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)($|\/)/;
const IGNORED_TYPES =
  /^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$/;
/** A server that does not answer makes statfs wait for ever, and with it the whole collector. So these are asked only when wished for. */
const NETWORK_TYPES =
  /^(nfs|nfs4|cifs|smb3|smbfs|9p|afs|ceph|glusterfs|lustre|ncpfs|davfs|fuse\.(sshfs|glusterfs|s3fs|rclone|ceph))$/;

export interface Mount {
  readonly device: string;
  readonly point: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** `253:1`; empty where the table does not say. */
  readonly number: string;
}

/** /proc/mounts: `/dev/vda / ext4 rw,relatime 0 0`; blanks in names stand as \040. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [device, point, type, options] = line.split(' ');
    if (device === undefined || point === undefined || type === undefined || options === undefined) continue;
    if (!point.startsWith('/')) continue;
    mounts.push({
      device: plainName(device),
      point: plainName(point),
      type,
      readOnly: isReadOnly(options),
      number: '',
    });
  }
  return mounts;
}

/**
 * /proc/1/mountinfo (kernel, Documentation/filesystems/proc.rst, 3.5): `29 1 253:1 / /mnt rw shared:1 - ext4 /dev/vda rw,errors=remount-ro`, with
 * any number of optional fields before the dash. A mount is read-only by itself or by its file system.
 */
export function parseMountInfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [, , number, , point, options] = fields;
    const [type, device, ofFilesystem = ''] = dash === -1 ? [] : fields.slice(dash + 1);
    if (number === undefined || !/^\d+:\d+$/.test(number) || point?.startsWith('/') !== true) continue;
    if (options === undefined || type === undefined || device === undefined) continue;
    const readOnly = isReadOnly(options) || isReadOnly(ofFilesystem);
    mounts.push({ device: plainName(device), point: plainName(point), type, readOnly, number });
  }
  return mounts;
}

/** emergency_ro: ext4 stopped writing after an error. */
const isReadOnly = (options: string): boolean =>
  options.split(',').some((option) => option === 'ro' || option === 'emergency_ro');

const plainName = (name: string): string =>
  name.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * node_filesystem_*, of the mounts of process 1 (so that a collector in a container with the host's /proc sees the host's).
 * Network file systems are left out unless `networkFilesystems`.
 */
export function filesystemsSource(options: { readonly networkFilesystems?: boolean } = {}): Source {
  const stat = new Float64Array(6);
  return {
    name: 'filesystem',
    collect(context) {
      const { host, paths, labels, sink } = context;
      // What is mounted over the same hides it: the later is the one that statfs asks.
      const mounts = new Map<string, Mount>();
      for (const mount of mountsOf(context)) {
        if (IGNORED_POINTS.test(mount.point) || IGNORED_TYPES.test(mount.type)) continue;
        if (NETWORK_TYPES.test(mount.type) && options.networkFilesystems !== true) continue;
        mounts.set(`${mount.device}\u0000${mount.point}\u0000${mount.type}`, mount);
      }
      for (const mount of mounts.values()) {
        const kind = ['fstype', mount.type, 'mountpoint', mount.point];
        const pairs = labels('device', mount.device, ...kind);
        const result = host.files.statfs(paths.at(mount.point), stat);
        const error = result < 0 ? ['device_error', errorText(result)] : [];
        const state = result < 0 ? labels('device', mount.device, ...error, ...kind) : pairs;
        sink.add('node_filesystem_device_error', state, result < 0 ? 1 : 0);
        sink.add('node_filesystem_readonly', state, mount.readOnly ? 1 : 0);
        if (result < 0) continue;
        const block = stat[0]!;
        sink.add('node_filesystem_size_bytes', pairs, stat[1]! * block);
        sink.add('node_filesystem_free_bytes', pairs, stat[2]! * block);
        sink.add('node_filesystem_avail_bytes', pairs, stat[3]! * block);
        sink.add('node_filesystem_files', pairs, stat[4]!);
        sink.add('node_filesystem_files_free', pairs, stat[5]!);
        if (mount.number === '') continue;
        const [major = '', minor = ''] = mount.number.split(':');
        const which = labels('device', mount.device, 'major', major, 'minor', minor, 'mountpoint', mount.point);
        sink.add('node_filesystem_mount_info', which, 1);
      }
    },
  };
}

/** Of process 1, or of this one where a mount of /proc hides others' folders (hidepid). */
function mountsOf(context: SourceContext): Mount[] {
  const { paths, text } = context;
  const first = paths.proc('1/mountinfo');
  // That it may not be read is no error while there is the other.
  const info = line({ text }, first) ?? text(paths.proc('self/mountinfo')) ?? text(first);
  if (info !== null) return parseMountInfo(info);
  return parseMounts(text(paths.proc('1/mounts')) ?? text(paths.proc('mounts')) ?? '');
}
