import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Architecture } from '../../collector/node/profile/schema.ts';
import { arArchive } from './ar.ts';
import { foldersOf, gzippedFile, sorted, type TreeFile, textFile } from './file-tree.ts';
import { NAME } from './names.ts';
import type { Request } from './request.ts';
import { tarball } from './tarball.ts';

const SCRIPTS = new URL('../../deploy/collector/deb/', import.meta.url);
const OVERRIDES = new URL('../../deploy/collector/lintian-overrides', import.meta.url);
export const DEB_ARCHITECTURE: Readonly<Record<Architecture, string>> = { x86_64: 'amd64', arm64: 'arm64' };
const CONFIG = `/etc/${NAME}/`;

/** A Debian package of format 2.0 (deb(5)). The same bytes for the same tree and time. */
export async function debPackage(request: Request, tree: readonly TreeFile[], epoch: number): Promise<Buffer> {
  const files = [...tree, ...debianFiles(request, epoch)];
  const control = await tarball(controlFiles(request, files), './', epoch);
  const data = await tarball(files, './', epoch);
  return arArchive(
    [
      { name: 'debian-binary', data: Buffer.from('2.0\n') },
      { name: 'control.tar.gz', data: control },
      { name: 'data.tar.gz', data },
    ],
    epoch,
  );
}

/** What only a Debian package has. */
function debianFiles({ release, maintainer }: Request, epoch: number): TreeFile[] {
  // RFC 5322's date, which differs from this in the zone.
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const changes = `${NAME} (${release}) unstable; urgency=medium\n\n  * Release ${release}.\n\n -- ${maintainer}  ${date}\n`;
  return [
    gzippedFile(`usr/share/doc/${NAME}/changelog.gz`, changes),
    textFile(`usr/share/lintian/overrides/${NAME}`, readFileSync(fileURLToPath(OVERRIDES), 'utf8')),
  ];
}

function controlFiles(request: Request, tree: readonly TreeFile[]): TreeFile[] {
  const sums = sorted(tree).filter(({ path }) => !`/${path}`.startsWith(CONFIG));
  const conffiles = tree.map(({ path }) => `/${path}`).filter((path) => path.startsWith(CONFIG));
  return [
    textFile('control', controlText(request, tree)),
    textFile(
      'conffiles',
      conffiles
        .map((path) => `${path}\n`)
        .sort()
        .join(''),
    ),
    textFile(
      'md5sums',
      sums.map(({ path, data }) => `${createHash('md5').update(data).digest('hex')}  ${path}\n`).join(''),
    ),
    ...readdirSync(SCRIPTS).map((name) => ({
      path: name,
      mode: 0o755,
      data: readFileSync(fileURLToPath(new URL(name, SCRIPTS))),
    })),
  ];
}

function controlText({ arch, release, profile, maintainer }: Request, tree: readonly TreeFile[]): string {
  // Policy 5.6.20: KiB, each file rounded up, and one for each folder.
  const size = tree.reduce((sum, { data }) => sum + Math.ceil(data.length / 1024), foldersOf(tree).length);
  return `Package: ${NAME}
Version: ${release}
Architecture: ${DEB_ARCHITECTURE[arch]}
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: init-system-helpers (>= 1.54~), libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8), passwd
Section: admin
Priority: optional
Description: metrics and logs of this machine for a fleet
 Collects metrics and log lines, covers secrets in them, keeps them in a spool
 until a relay has them on disk, and sends them over MQTT and TLS.
 .
 Made for the hardware profile ${profile.name}; Node is part of the package.
`;
}
