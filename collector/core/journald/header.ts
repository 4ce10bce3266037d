/**
 * The head of a journal file (systemd.io/JOURNAL_FILE_FORMAT). All numbers are little-endian. What stands behind `entryArray` is younger and
 * not needed.
 */
export interface JournalHeader {
  /** What a reader must know to read the file. */
  readonly incompatible: number;
  readonly state: 'offline' | 'online' | 'archived';
  /** 32 hex digits; the file's own over renames. */
  readonly fileId: string;
  readonly machineId: string;
  readonly headerBytes: number;
  readonly arenaBytes: number;
  readonly entries: number;
  readonly headSequence: number;
  readonly tailSequence: number;
  /** Where the first array of entries is; 0: there is none yet. */
  readonly entryArray: number;
  /** Microseconds since the epoch. */
  readonly headRealtime: number;
  readonly tailRealtime: number;
}

export const HEADER_BYTES = 208;

const XZ = 1;
const LZ4 = 2;
const KEYED_HASH = 4;
const ZSTD = 8;
export const COMPACT = 16;
/** XZ is known as a flag: files that have it are read, but for the fields that are packed so. */
const KNOWN = XZ | LZ4 | KEYED_HASH | ZSTD | COMPACT;
const SIGNATURE = 'LPKSHHRH';
const STATES = ['offline', 'online', 'archived'] as const;

/** The header, or in words why the file cannot be read. */
export function parseHeader(bytes: Uint8Array): JournalHeader | string {
  if (bytes.length < HEADER_BYTES) return 'it is shorter than the head of a journal file';
  for (let i = 0; i < SIGNATURE.length; i++) if (bytes[i] !== SIGNATURE.charCodeAt(i)) return 'it is no journal file';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const incompatible = view.getUint32(12, true);
  const unknown = incompatible & ~KNOWN;
  if (unknown !== 0) return `it is of a newer form (flags 0x${(unknown >>> 0).toString(16)})`;
  const header = {
    incompatible,
    state: STATES[bytes[16]!] ?? 'online',
    fileId: hexOf(bytes, 24),
    machineId: hexOf(bytes, 40),
    headerBytes: u64(view, 88),
    arenaBytes: u64(view, 96),
    entries: u64(view, 152),
    tailSequence: u64(view, 160),
    headSequence: u64(view, 168),
    entryArray: u64(view, 176),
    headRealtime: u64(view, 184),
    tailRealtime: u64(view, 192),
  };
  if (header.headerBytes < HEADER_BYTES) return `its head says that it has ${header.headerBytes} bytes`;
  return header;
}

/** A number of 64 bits, as far as a double holds it: offsets and counts of files and microseconds of our time are far below. */
export function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

/** 16 bytes as 32 hex digits. */
export function hexOf(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; i < at + 16; i++) text += bytes[i]!.toString(16).padStart(2, '0');
  return text;
}
