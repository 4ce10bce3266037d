import type { JournalFile, JournalFiles } from '../../lib/journal/contract.ts';
import { pick, type Random } from './random.ts';

type WriteOp = { readonly at: number; readonly bytes: Uint8Array } | { readonly length: number };
type NameOp = { readonly name: string; readonly node: Node | null };

/** What of an operation still stands beside bytes [from, to) that went to the platter by themselves: a page is written as it is now. */
function beside(op: WriteOp, from: number, to: number): WriteOp[] {
  if (!('bytes' in op)) return [op];
  const { at, bytes } = op;
  const end = at + bytes.length;
  if (end <= from || at >= to) return [op];
  const before = at < from ? [{ at, bytes: bytes.subarray(0, from - at) }] : [];
  return end > to ? [...before, { at: to, bytes: bytes.subarray(to - at) }] : before;
}

/** A file: what is on the platter for sure, and what was written since the last fsync. */
class Inode {
  base = new Uint8Array(0);
  now = new Uint8Array(0);
  ops: WriteOp[] = [];
}

class Directory {
  base = new Map<string, Node>();
  now = new Map<string, Node>();
  ops: NameOp[] = [];
}

type Node = Inode | Directory;

function applied(bytes: Uint8Array<ArrayBuffer>, op: WriteOp): Uint8Array<ArrayBuffer> {
  const length = 'length' in op ? op.length : Math.max(bytes.length, op.at + op.bytes.length);
  const next = new Uint8Array(length);
  next.set(bytes.subarray(0, length));
  if ('bytes' in op) next.set(op.bytes, op.at);
  return next;
}

function setName(names: Map<string, Node>, op: NameOp): void {
  if (op.node === null) names.delete(op.name);
  else names.set(op.name, op.node);
}

/** What the disk refuses: an error for an operation on a path, or null. */
export type Refusal = (kind: 'write' | 'sync' | 'syncDirectory' | 'create' | 'unlink', path: string) => Error | null;

/** A disk that keeps its promises and no more: what was not synced may be there, half there, or not there after a power cut. */
export class SimulatedDisk {
  readonly root = new Directory();

  directory(path: string): Directory {
    let at: Node = this.root;
    for (const part of path.split('/').filter(Boolean)) {
      const next: Node | undefined = at instanceof Directory ? at.now.get(part) : undefined;
      if (next === undefined) throw Object.assign(new Error(`no directory ${path}`), { code: 'ENOENT' });
      at = next;
    }
    if (!(at instanceof Directory)) throw Object.assign(new Error(`not a directory ${path}`), { code: 'ENOTDIR' });
    return at;
  }

  /** Goes back to what was synced, plus a random part of what was done since. */
  powerCut(random: Random): void {
    const survival = [0, 0.3, 0.8, 1][pick(random, 4)]!;
    this.#cut(this.root, random, survival);
  }

  #cut(directory: Directory, random: Random, survival: number): void {
    for (const op of directory.ops) if (random() < survival) setName(directory.base, op);
    directory.ops = [];
    directory.now = new Map(directory.base);
    for (const node of directory.now.values()) {
      if (node instanceof Directory) this.#cut(node, random, survival);
      else this.#cutFile(node, random, survival);
    }
  }

  #cutFile(file: Inode, random: Random, survival: number): void {
    for (const op of file.ops) {
      if (random() >= survival) continue;
      let kept = op;
      if ('bytes' in op && random() < 0.4) {
        // Torn: a beginning of it; and where the file grew, the length may be there and the contents not.
        const cut = pick(random, op.bytes.length + 1);
        const grown = random() < 0.5 && op.at + op.bytes.length > file.base.length;
        if (grown) file.base = applied(file.base, { length: op.at + op.bytes.length });
        kept = { at: op.at, bytes: op.bytes.subarray(0, cut) };
      }
      file.base = applied(file.base, kept);
    }
    file.ops = [];
    file.now = file.base;
  }
}

/** The place in the code that asked for a sync: kind, function and line. */
function callSite(kind: string): string {
  const frame = new Error()
    .stack!.split('\n')
    .slice(2)
    .find((line) => line.includes('/lib/'));
  const name = frame?.match(/at (?:async )?(\S+) /)?.[1] ?? '?';
  return `${kind} ${name} ${frame?.match(/([\w-]+\.ts:\d+)/)?.[1] ?? '?'}`;
}

/** One process' life on the disk. Operations finish one by one, in random order, when `tick` lets them. After `end` nothing happens any more. */
export class Life {
  readonly files: JournalFiles;
  readonly sites = new Set<string>();
  time: number;
  #ended = false;
  #ready: (() => void)[] = [];
  #timers: { due: number; run: () => void }[] = [];
  readonly #random: Random;

  constructor(
    disk: SimulatedDisk,
    random: Random,
    time: number,
    ignoredSite: string | null,
    refuse: Refusal = () => null,
  ) {
    this.#random = random;
    this.time = time;
    this.files = this.#makeFiles(disk, ignoredSite, refuse);
  }

  readonly now = (): number => this.time;

  readonly timer = (run: () => void, ms: number): (() => void) => {
    const timer = { due: this.time + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  end(): void {
    this.#ended = true;
  }

  /** Finishes one operation or runs one timer that is due; then lets the code go on from there. */
  async tick(): Promise<void> {
    this.time += 1;
    const due = this.#timers.filter((timer) => timer.due <= this.time);
    const at = pick(this.#random, this.#ready.length + due.length);
    if (at < this.#ready.length) this.#ready.splice(at, 1)[0]!();
    else if (due.length > 0) {
      const timer = due[at - this.#ready.length]!;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.run();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ticks until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    for (let i = 0; !settled; i++) {
      if (i > 200_000) throw new Error('the simulated disk waits for ever');
      await this.tick();
    }
    return promise;
  }

  #operation<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return;
      this.#ready.push(() => {
        if (this.#ended) return;
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #makeFiles(disk: SimulatedDisk, ignoredSite: string | null, refuse: Refusal): JournalFiles {
    const split = (path: string) => {
      const cut = path.lastIndexOf('/');
      return { directory: disk.directory(path.slice(0, cut)), name: path.slice(cut + 1) };
    };
    const change = (directory: Directory, op: NameOp) => {
      directory.ops.push(op);
      setName(directory.now, op);
    };
    const check = (kind: Parameters<Refusal>[0], path: string) => {
      const error = refuse(kind, path);
      if (error) throw error;
    };
    const ignored = (kind: string) => {
      const site = callSite(kind);
      this.sites.add(site);
      return site === ignoredSite;
    };
    const missing = (path: string) => Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
    const write = (
      path: string,
      file: Inode,
      bytes: Uint8Array,
      position: number,
      made: WriteOp[] = [],
    ): Promise<void> => {
      const error = refuse('write', path);
      if (!this.#ended) {
        // A refused write may have been done in part.
        const part = error ? bytes.slice(0, pick(this.#random, bytes.length)) : bytes.slice();
        const op = { at: position, bytes: part };
        made.push(op);
        file.ops.push(op);
        file.now = applied(file.now, op);
      }
      return this.#operation(() => {
        if (error) throw error;
      });
    };
    const sync = (path: string, file: Inode, skip: boolean): Promise<void> => {
      const ops = [...file.ops];
      return this.#operation(() => {
        const error = refuse('sync', path);
        if (error) {
          // What an fsync failed for is marked clean and may never be written.
          file.ops = file.ops.filter(() => this.#random() < 0.5);
          throw error;
        }
        if (skip) return;
        for (const op of ops) {
          if (!file.ops.includes(op)) continue;
          file.base = applied(file.base, op);
          file.ops = file.ops.filter((other) => other !== op);
        }
      });
    };
    /** As O_DSYNC does: what was written before by another way stays as unsure as it was. */
    const syncWritten = (path: string, file: Inode, made: readonly WriteOp[], skip: boolean): Promise<void> =>
      this.#operation(() => {
        const error = refuse('sync', path);
        if (error) {
          file.ops = file.ops.filter((op) => !made.includes(op) || this.#random() < 0.5);
          throw error;
        }
        if (skip) return;
        for (const op of made) {
          if (!file.ops.includes(op) || !('bytes' in op)) continue;
          file.base = applied(file.base, op);
          const { at, bytes } = op;
          const earlier = file.ops.indexOf(op);
          file.ops = file.ops.flatMap((other, number) => {
            if (other === op) return [];
            return number < earlier ? beside(other, at, at + bytes.length) : [other];
          });
        }
      });
    const openFile = (path: string, file: Inode): JournalFile => ({
      size: () => this.#operation(() => file.now.length),
      read: (into, position) =>
        this.#operation(() => {
          const part = file.now.subarray(position, position + into.length);
          into.set(part);
          return part.length;
        }),
      write: (bytes, position) => write(path, file, bytes, position),
      writeThrough: async (bytes, position) => {
        const skip = ignored('writeThrough');
        const made: WriteOp[] = [];
        await write(path, file, bytes, position, made);
        await syncWritten(path, file, made, skip);
      },
      truncate: (length) =>
        this.#operation(() => {
          file.ops.push({ length });
          file.now = applied(file.now, { length });
        }),
      sync: () => sync(path, file, ignored('sync')),
      close: () => this.#operation(() => undefined),
    });
    return {
      mkdir: (path) =>
        this.#operation(() => {
          const { directory, name } = split(path);
          if (!directory.now.has(name)) change(directory, { name, node: new Directory() });
        }),
      list: (path) => this.#operation(() => [...disk.directory(path).now.keys()]),
      open: (path, create) =>
        this.#operation(() => {
          const { directory, name } = split(path);
          let node = directory.now.get(name);
          if (node === undefined) {
            if (!create) throw missing(path);
            check('create', path);
            node = new Inode();
            change(directory, { name, node });
          }
          return openFile(path, node as Inode);
        }),
      rename: (from, to) =>
        this.#operation(() => {
          const source = split(from);
          const node = source.directory.now.get(source.name);
          if (node === undefined) throw missing(from);
          change(source.directory, { name: source.name, node: null });
          const target = split(to);
          change(target.directory, { name: target.name, node });
        }),
      unlink: (path) =>
        this.#operation(() => {
          check('unlink', path);
          const { directory, name } = split(path);
          if (!directory.now.has(name)) throw missing(path);
          change(directory, { name, node: null });
        }),
      syncDirectory: (path) => {
        const skip = ignored('syncDirectory');
        const directory = disk.directory(path);
        const ops = [...directory.ops];
        return this.#operation(() => {
          check('syncDirectory', path);
          if (skip) return;
          for (const op of ops) {
            if (directory.ops[0] !== op) continue;
            setName(directory.base, op);
            directory.ops.shift();
          }
        });
      },
    };
  }
}
