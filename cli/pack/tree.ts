import { globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCollector } from '../../collector/node/bundle.ts';
import { gzippedFile, type TreeFile, textFile } from './file-tree.ts';
import { filled } from './filled.ts';
import { NAME, NODE, PROGRAM } from './names.ts';
import type { NodeBinary } from './node-binary.ts';
import type { Request } from './request.ts';
import { temporaryFolder } from './temporary-folder.ts';

const DOC = `usr/share/doc/${NAME}`;

/**
 * Every file of an installed collector.
 * @param node null where the device has its own
 * @param ca the authority's certificate, where it goes along
 */
export async function packageTree(request: Request, node: NodeBinary | null, ca: string | null): Promise<TreeFile[]> {
  const { packaging } = request.profile;
  const { files, licences } = await program(request.release);
  return [
    ...files,
    ...(node ? [{ path: NODE.bundled.slice(1), mode: 0o755, data: node.data }] : []),
    textFile('usr/bin/heliograph', filled('heliograph', request), 0o755),
    textFile(`etc/${NAME}/collector.yaml`, filled('collector.yaml', request), 0o640),
    ...(ca === null ? [] : [textFile(`etc/${NAME}/ca.pem`, ca)]),
    packaging.init === 'systemd'
      ? textFile(`usr/lib/systemd/system/${NAME}.service`, filled(`${NAME}.service`, request))
      : textFile(`etc/init.d/${NAME}`, filled(`${NAME}.init`, request), 0o755),
    textFile(`${DOC}/README`, filled('README', request)),
    textFile(`${DOC}/copyright`, filled('copyright', request)),
    gzippedFile(`${DOC}/licences.gz`, [node?.licence ?? '', ...licences].filter((text) => text !== '').join('\n\n')),
  ];
}

/** The collector as JavaScript, with its commands and profiles, and the licences of what is in it. */
async function program(release: string): Promise<{ files: TreeFile[]; licences: string[] }> {
  const folder = temporaryFolder('heliograph-pack');
  try {
    const entries = { heliograph: fileURLToPath(new URL('../collector-only.ts', import.meta.url)) };
    const { packages } = await bundleCollector(folder, { entries, release });
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'node-flags')
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => ({
        path: `${PROGRAM}/lib/${file.slice(folder.length + 1)}`,
        mode: 0o644,
        data: readFileSync(file),
      }));
    return { files, licences: packages.map(licenceOf) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const texts = globSync('LICEN[SC]E*', { cwd: folder }).sort();
  return `${name} ${version}, ${license}\n\n${texts.map((file) => readFileSync(join(folder, basename(file)), 'utf8').trim()).join('\n\n')}\n`;
}
