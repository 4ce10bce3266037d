import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** Writes a text and a line break to standard output. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A remark that must not get into a script's input. */
export function remark(text: string): void {
  process.stderr.write(`heliograph: ${text}\n`);
}

/** Colour on a terminal only; NO_COLOR and FORCE_COLOR are kept to. */
export function coloured(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** `heliograph logs | head`: the reader has enough, and that is no error. */
export function endQuietlyWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** Columns of the terminal, or many where there is none. */
export function terminalWidth(): number {
  return process.stdout.columns ?? 120;
}
