import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Architecture } from '../../collector/node/profile/schema.ts';
import { HeliographError } from '../../lib/errors.ts';
import { foldersOf, sorted, type TreeFile } from './file-tree.ts';
import { NAME, PROGRAM } from './names.ts';
import type { Request } from './request.ts';
import { temporaryFolder } from './temporary-folder.ts';

const RPM_ARCHITECTURE: Readonly<Record<Architecture, string>> = { x86_64: 'x86_64', arm64: 'aarch64' };
const SCRIPTS = new URL('../../deploy/collector/rpm/', import.meta.url);
const CONFIG = `etc/${NAME}`;
/** Folders of the package's own; all others are the system's. */
const OWN = [CONFIG, PROGRAM, `usr/share/doc/${NAME}`];
/** What makes the user, before the files that are its own. */
const REQUIRES_FIRST = ['/bin/sh', '/usr/sbin/groupadd', '/usr/sbin/useradd', '/usr/sbin/usermod'];
/** What Node 24 wants of a system, by the names that every distribution gives: those in the program itself. */
const REQUIRES = [
  'libc.so.6(GLIBC_2.28)(64bit)',
  'libgcc_s.so.1(GCC_3.4)(64bit)',
  'libstdc++.so.6(GLIBCXX_3.4.21)(64bit)',
];

export function rpmName({ release, arch, profile }: Request): string {
  return `${NAME}-${release}-1.${RPM_ARCHITECTURE[arch]}_${profile.name}.rpm`;
}

/**
 * An RPM package (rpm.org/docs), made by rpmbuild. The same bytes for the same tree and time with one version of it.
 * @param epoch seconds: the time of everything in it
 * @throws HeliographError HG_PACK_RPM where rpmbuild is not there or fails
 */
export function rpmPackage(request: Request, tree: readonly TreeFile[], epoch: number): Buffer {
  const top = temporaryFolder('heliograph-rpm');
  try {
    const files = join(top, 'files');
    for (const { path, mode, data } of tree) {
      mkdirSync(dirname(join(files, path)), { recursive: true });
      writeFileSync(join(files, path), data, { mode });
    }
    const spec = join(top, `${NAME}.spec`);
    writeFileSync(spec, specText(request, tree, epoch));
    build(
      spec,
      [
        '--target',
        `${RPM_ARCHITECTURE[request.arch]}-linux`,
        ...defined({
          _topdir: top,
          _rpmdir: join(top, 'made'),
          _buildhost: 'localhost',
          use_source_date_epoch_as_buildtime: '1',
          clamp_mtime_to_source_date_epoch: '1',
          // Read by every rpm whose system is new enough for Node.
          _binary_payload: 'w6.gzdio',
        }),
        '-bb',
      ],
      epoch,
    );
    return readFileSync(globSync('made/*/*.rpm', { cwd: top }).map((file) => join(top, file))[0]!);
  } finally {
    rmSync(top, { recursive: true });
  }
}

function defined(macros: Readonly<Record<string, string>>): string[] {
  return Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
}

function build(spec: string, options: readonly string[], epoch: number): void {
  try {
    execFileSync('rpmbuild', [...options, spec], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: String(epoch) },
    });
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: Buffer };
    const why =
      code === 'ENOENT'
        ? 'rpmbuild is not here; install it (apt-get install rpm, dnf install rpm-build), or take the tar'
        : String(stderr ?? cause)
            .trim()
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => !/^(?:\+|Executing|RPM build)/.test(line))
            .join('; ');
    throw new HeliographError('HG_PACK_RPM', why, {}, cause);
  }
}

function specText(request: Request, tree: readonly TreeFile[], epoch: number): string {
  const { release, profile } = request;
  const maintainer = request.maintainer.replaceAll('%', '%%');
  const script = (name: string) => `%${name}\n${readFileSync(new URL(name, SCRIPTS), 'utf8').replaceAll('%', '%%')}`;
  return `# Files are as they are: nothing in them is for rpmbuild to strip, compile or compress.
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
Name: ${NAME}
Version: ${release}
Release: 1
Summary: Metrics and logs of this machine for a fleet
License: Apache-2.0
Packager: ${maintainer}
Group: System Environment/Daemons
AutoReqProv: no
${REQUIRES_FIRST.map((one) => `Requires(pre): ${one}\n`).join('')}${REQUIRES.map((one) => `Requires: ${one}\n`).join('')}
%description
Collects metrics and log lines, covers secrets in them, keeps them in a spool
until a relay has them on disk, and sends them over MQTT and TLS.

Made for the hardware profile ${profile.name}; Node is part of the package.

%install
# It begins by emptying its root.
mkdir -p %{buildroot}
cp -a %{_topdir}/files/. %{buildroot}/

${['pre', 'post', 'preun', 'postun'].map(script).join('\n')}
%files
%defattr(-,root,root,-)
${[...folderLines(tree), ...sorted(tree).map(fileLine)].join('\n')}

%changelog
* ${new Date(epoch * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) .*/, '$1 $3 $2 $4')} ${maintainer} - ${release}-1
- Release ${release}.
`;
}

function folderLines(tree: readonly TreeFile[]): string[] {
  return foldersOf(tree)
    .filter((folder) => OWN.some((own) => folder === own || folder.startsWith(`${own}/`)))
    .map((folder) => `%dir ${folder === CONFIG ? `%attr(0750,root,${NAME})` : '%attr(0755,root,root)'} "/${folder}"`);
}

function fileLine({ path, mode }: TreeFile): string {
  const bits = mode.toString(8).padStart(4, '0');
  if (path.startsWith(`${CONFIG}/`)) return `%config(noreplace) %attr(${bits},root,${NAME}) "/${path}"`;
  return `${path.startsWith('usr/share/doc/') ? '%doc ' : ''}%attr(${bits},root,root) "/${path}"`;
}
