import type { ReadStream, WriteStream } from 'node:tty';
import type { Screen } from './top-view.ts';

export function screenOf(out: WriteStream): Screen {
  return {
    tty: out.isTTY === true,
    columns: () => out.columns ?? 80,
    lines: () => out.rows ?? 24,
    write: (text) => {
      out.write(text);
    },
  };
}

/** Single keys, as they are pressed, where there is a terminal; `stop` gives it back as it was. */
export function keysOf(from: ReadStream): (onKey: (key: string) => void) => () => void {
  return (onKey) => {
    if (!from.isTTY) return () => undefined;
    const hear = (data: Buffer) => {
      for (const key of data.toString()) onKey(key);
    };
    from.setRawMode(true);
    from.on('data', hear);
    from.resume();
    return () => {
      from.off('data', hear);
      from.setRawMode(false);
      from.pause();
    };
  };
}
