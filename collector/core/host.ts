/**
 * What the collector's core needs from the machine it runs on. The core has no `node:` import, no Buffer, no TextDecoder
 * and no Node timers, so that the same code runs on Node and on a small engine. Rules of the surface: no Node types,
 * caller-owned buffers, a negative errno instead of an exception, callbacks instead of streams.
 */
export interface Host {
  readonly info: HostInfo;
  readonly files: HostFiles;
  /** Wall time in ms since the epoch; may step. */
  now(): number;
  /** Monotonic ms. */
  mono(): number;
  random(into: Uint8Array): void;
  log(level: LogLevel, message: string, facts?: Record<string, unknown>): void;
  /** One shot; returns a handle for `cancel`. */
  timer(run: () => void, ms: number): number;
  cancel(timer: number): void;
  sha256(bytes: Uint8Array): Uint8Array;
  crc32(bytes: Uint8Array, seed?: number): number;
  /** Text of bytes[from, to), invalid sequences replaced by U+FFFD. */
  utf8(bytes: Uint8Array, from: number, to: number): string;
  utf8Bytes(text: string): Uint8Array;
  /** zstd, where the machine has it; frames go uncompressed where it is undefined. */
  readonly compress?: (bytes: Uint8Array) => Uint8Array;
  /** The inverse, where the machine has it; null: it is no zstd, or more than `most` bytes. */
  readonly unpackZstd?: (bytes: Uint8Array, most: number) => Uint8Array | null;
  /** Resident memory of this process in bytes. */
  memory(): number;
  /** CPU time of this process since its start, user and system, s; missing where the machine does not say. */
  readonly cpuSeconds?: () => number;
}

export interface HostInfo {
  readonly hostname: string;
  readonly arch: string;
  readonly platform: string;
  readonly pid: number;
  readonly version: string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Files by synchronous calls: results >= 0, errors a negative errno (-2 ENOENT, -13 EACCES, -28 ENOSPC ...). */
export interface HostFiles {
  /** Bytes read into `into`; a result equal to into.length means: grow and try again. */
  readFile(path: string, into: Uint8Array): number;
  readdir(path: string): string[] | number;
  readlink(path: string): string | number;
  /** Fills blockSize, blocks, free, available, inodes, inodesFree. */
  statfs(path: string, out: Float64Array): number;
  /** Fills size, mtimeMs, mode, inode, device, kind (1 file, 2 directory, 3 other). Follows links. */
  stat(path: string, out: Float64Array): number;
  /** The same of an open file: the identity of what is being read, whatever its name is now. */
  fstat(fd: number, out: Float64Array): number;
  /** `nonblocking`: to read a device that would make others wait; -11 (EAGAIN) says that there is nothing now. */
  open(path: string, mode: 'read' | 'nonblocking' | 'append' | 'create' | 'update'): number;
  /** A descriptor of what is packed in a gzip file, for `pread`, `fstat` and `close`; -22 (EINVAL): it is none, or either has more than `most` bytes. */
  openPacked?(path: string, most: number): number;
  /** At `position`, or where the device is if that is -1. */
  pread(fd: number, into: Uint8Array, offset: number, length: number, position: number): number;
  write(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  truncate(fd: number, length: number): number;
  fsync(fd: number): number;
  /** Makes names in a directory durable. */
  fsyncDirectory(path: string): number;
  close(fd: number): number;
  rename(from: string, to: string): number;
  unlink(path: string): number;
  mkdir(path: string): number;
}

/** The way to the relay: MQTT at QoS 1. On Node the mqtt package stands behind it. One Uplink is one connection attempt's worth of state. */
export interface Uplink {
  /** Opens a connection; exactly one of `onOpen` or `onClose` follows, then `onClose` once when it ends. */
  connect(options: UplinkOptions, events: UplinkEvents): void;
  /** `done(null)` at the PUBACK; `done(reason)` if the connection ended first. Never throws. */
  publish(topic: string, payload: Uint8Array, options: { retain: boolean }, done: (error: string | null) => void): void;
  /** Ends the connection in good order, after what is under way. */
  close(done: () => void): void;
  /** Says goodbye and ends the connection now: `onClose(reason)` follows, and what is not acknowledged is told so. */
  leave(reason: string): void;
}

export interface UplinkOptions {
  /** `path`: MQTT over WebSocket, there. */
  readonly relay: { readonly host: string; readonly port: number; readonly path?: string };
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  readonly lastWill: { readonly topic: string; readonly payload: Uint8Array; readonly retain: boolean };
  readonly subscribe: readonly string[];
}

export interface UplinkEvents {
  onOpen(): void;
  onMessage(topic: string, payload: Uint8Array): void;
  /** `refused`: before TLS, because nobody listens there or who listens lets others in first. Left out where that is not known. */
  onClose(reason: string, refused?: boolean): void;
}
