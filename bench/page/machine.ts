import { cpus, totalmem } from 'node:os';

/** The machine that this runs on, in a line: figures mean nothing without it. */
export function machineName(): string {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${processors.length} x ${processors[0]?.model ?? 'unknown'}, ${memory} GiB, Node ${process.versions.node}`;
}
