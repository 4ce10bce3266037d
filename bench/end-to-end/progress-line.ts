/** Tells whoever waits how far a benchmark is; figures alone go to standard output. */
export function progressLine(line: string): void {
  process.stderr.write(`. ${line}\n`);
}
