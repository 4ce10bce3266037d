import { decodeUtf8 } from '../../../proto/utf8.ts';

/** One record of /dev/kmsg. */
export interface KmsgRecord {
  /** Facility and severity, as in syslog. */
  readonly priority: number;
  /** Counts from the boot; a gap is lost records. */
  readonly sequence: number;
  /** Microseconds of the kernel's monotonic clock. */
  readonly micros: number;
  readonly text: string;
  /** What the kernel says of it beside the text: SUBSYSTEM, DEVICE. */
  readonly tags: Readonly<Record<string, string>>;
}

const HEAD = /^(\d{1,10}),(\d{1,19}),(\d{1,19}),([^;]*);/;
const MOST_TAGS = 16;

/**
 * Reads one record (Documentation/ABI/testing/dev-kmsg): `<prio>,<seq>,<usec>,<flags>[,...];<text>`, then lines of ` KEY=value`. Bytes that are not
 * printable come as `\xNN`. Null: it is none.
 */
export function parseKmsg(record: string): KmsgRecord | null {
  const head = HEAD.exec(record);
  if (head === null) return null;
  const priority = Number(head[1]);
  const sequence = Number(head[2]);
  const micros = Number(head[3]);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(micros)) return null;
  const [text, ...rest] = record.slice(head[0].length).replace(/\n$/, '').split('\n');
  const tags: Record<string, string> = {};
  for (const line of rest.slice(0, MOST_TAGS)) {
    const at = line.indexOf('=');
    if (line.startsWith(' ') && at > 1) tags[line.slice(1, at)] = unescaped(line.slice(at + 1));
  }
  return { priority, sequence, micros, text: unescaped(text!), tags };
}

/** `\x0a` is a newline, `\x5c` a backslash: each byte of UTF-8 by itself where it is none that can be printed. */
function unescaped(text: string): string {
  if (!text.includes('\\x')) return text;
  return text.replace(/(?:\\x[0-9a-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.from({ length: run.length / 4 }, (_, i) =>
      Number.parseInt(run.slice(i * 4 + 2, i * 4 + 4), 16),
    );
    return decodeUtf8(bytes, 0, bytes.length);
  });
}
