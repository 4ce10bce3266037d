import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../lib/config/file-error.ts';
import { HeliographError } from '../../lib/errors.ts';
import { DEB_ARCHITECTURE, debPackage } from './deb.ts';
import type { TreeFile } from './file-tree.ts';
import { installerFiles } from './installer.ts';
import { NAME } from './names.ts';
import { nodeBinary } from './node-binary.ts';
import type { Request } from './request.ts';
import { rpmName, rpmPackage } from './rpm.ts';
import { tarball } from './tarball.ts';
import { packageTree } from './tree.ts';

export interface Packed {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What it takes when it is installed. */
  readonly installedBytes: number;
  /** Node's share of that. */
  readonly nodeBytes: number;
}

/**
 * Makes a package.
 * @param epoch seconds: the time of everything in it; equal sources and times give equal bytes
 * @throws HeliographError HG_PACK_NODE, HG_PACK_REQUEST, HG_PACK_RPM, HG_CONFIG_FILE
 */
export async function pack(
  request: Request,
  options: {
    readonly out: string;
    readonly epoch: number;
    readonly node?: string | undefined;
    readonly ca?: string | undefined;
  },
): Promise<Packed> {
  const { profile, arch, format } = request;
  // Before the work, which takes a while.
  written(options.out, () => mkdirSync(options.out, { recursive: true }));
  const node = profile.packaging.node === 'bundled' ? nodeBinary(arch, options.node) : null;
  const tree = await packageTree(request, node, options.ca === undefined ? null : readText(options.ca));
  const [name, data] = await packages[format](request, tree, options.epoch);
  const file = join(options.out, name);
  // Whole or not at all.
  written(options.out, () => {
    writeFileSync(`${file}.new`, data);
    renameSync(`${file}.new`, file);
  });
  return {
    file,
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
    installedBytes: tree.reduce((sum, one) => sum + one.data.length, 0),
    nodeBytes: node?.data.length ?? 0,
  };
}

/** @throws HeliographError HG_PACK_REQUEST */
function written(folder: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const detail = `${folder} cannot be written: ${(cause as Error).message}; give another folder with --out`;
    throw new HeliographError('HG_PACK_REQUEST', detail, { folder }, cause);
  }
}

type Maker = (request: Request, tree: readonly TreeFile[], epoch: number) => Promise<[name: string, data: Buffer]>;

const packages: Readonly<Record<Request['format'], Maker>> = {
  deb: async (request, tree, epoch) => {
    const { profile, arch, release } = request;
    const name = `${NAME}_${release}_${DEB_ARCHITECTURE[arch]}_${profile.name}.deb`;
    return [name, await debPackage(request, tree, epoch)];
  },
  rpm: async (request, tree, epoch) => [rpmName(request), rpmPackage(request, tree, epoch)],
  tar: tarPackage,
};

async function tarPackage(request: Request, tree: readonly TreeFile[], epoch: number): Promise<[string, Buffer]> {
  const { profile, arch, release } = request;
  // Where the device has its own Node, nothing in it is for one processor.
  const name = [NAME, release, ...(profile.packaging.node === 'bundled' ? [arch] : []), profile.name].join('-');
  return [`${name}.tar.gz`, await tarball(installerFiles(request, tree), `${name}/`, epoch)];
}

function readText(file: string): string {
  if (!existsSync(file)) throw fileError(file, '--ca', { code: 'ENOENT' });
  return readFileSync(file, 'utf8');
}
