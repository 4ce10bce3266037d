import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts what a program expects in a namespace that ends with the command, so that nothing is left mounted. */
const ENTER =
  'mount -t proc proc "$1/proc" && mount --rbind /sys "$1/sys" && mount --rbind /dev "$1/dev" && root=$1 && shift && exec chroot $USERSPEC "$root" "$@"';
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };

export interface Result {
  readonly code: number | null;
  readonly out: string;
}

/** A Debian with nothing on it, in a temporary folder, entered by chroot. */
export class BareRoot {
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    this.folder = join(mkdtempSync(join(tmpdir(), 'heliograph-bare-')), 'root');
    execFileSync('test/engines/start/make-bare-root.sh', [this.folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  text(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  /** Runs a command in it to its end. @param user as whom, with the groups that it has there */
  run(command: readonly string[], user?: string): Result {
    const { status, stdout, stderr } = spawnSync('unshare', this.#arguments(command), {
      encoding: 'utf8',
      env: this.#environment(user),
      timeout: 300_000,
    });
    return { code: status, out: stdout + stderr };
  }

  /** Starts one that goes on. @param log called with what it says */
  start(
    command: readonly string[],
    user: string,
    environment: Readonly<Record<string, string>>,
    log: (text: string) => void,
  ): ChildProcess {
    const child = spawn('unshare', this.#arguments(command), {
      env: { ...this.#environment(user), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data: Buffer) => log(data.toString()));
    return child;
  }

  /** All paths in it. */
  everything(): string[] {
    const found = execFileSync('find', ['.', '-xdev', '-path', './proc', '-prune', '-o', '-print'], {
      cwd: this.folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return found.trim().split('\n').sort();
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(join(this.folder, '..'), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  #arguments(command: readonly string[]): string[] {
    return ['--mount', '--propagation', 'private', 'sh', '-c', ENTER, 'sh', this.folder, ...command];
  }

  #environment(user: string | undefined): Record<string, string> {
    return { ...ENVIRONMENT, USERSPEC: user === undefined ? '' : `--userspec=${user}` };
  }
}
