// Plain JavaScript for any recent Node: makes sure that the packages are installed and that the rest runs on the Node
// that comes with them. Everything else of the project is TypeScript and needs that Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');

/** Flags for every process of ours: type stripping and node:sqlite still print a warning on some releases. */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];

/** True when every package of the lock file is there in the locked version. */
function installed() {
  try {
    const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(locked).every(
      ([path, entry]) => path === '' || entry.optional || entry.devOptional || there[path]?.version === entry.version,
    );
  } catch {
    // No lock file of an installation: nothing is installed yet.
    return false;
  }
}

/** Installs the locked packages if they are not there, saying so. */
export function install() {
  if (installed()) return;
  process.stderr.write('heliograph: installing packages (once, about a minute) ...\n');
  const began = Date.now();
  const npm = process.env.npm_execpath;
  const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const result = spawnSync(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (result.status !== 0) {
    process.stderr.write(
      `heliograph: "npm ci" in ${ROOT} failed${result.error ? ` (${result.error.message})` : ''}; run it by hand to see why\n`,
    );
    process.exit(1);
  }
  process.stderr.write(`heliograph: installed in ${Math.round((Date.now() - began) / 1000)} s\n`);
}

/** The Node to run on: the installed one, or this one if it is new enough. */
export function nodeBinary() {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const own = join(MODULES, 'node', 'bin', `node${suffix}`);
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  process.stderr.write(
    `heliograph: this is Node ${process.versions.node}, 24 or newer is needed, and the package "node" that brings it has no binary in ${own}; ` +
      'run "npm ci --foreground-scripts" to see why, or install Node 24\n',
  );
  return process.exit(1);
}

/** Runs a file of the project with arguments, and ends as it ends. */
export function run(file, args) {
  install();
  const node = nodeBinary();
  const path = `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`;
  const child = spawn(node, [...NODE_FLAGS, file, ...args], { stdio: 'inherit', env: { ...process.env, PATH: path } });
  // Ctrl-C reaches the child by itself, since it is in the same process group; a signal to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, 'SIGKILL');
    process.exit(code ?? 1);
  });
}
