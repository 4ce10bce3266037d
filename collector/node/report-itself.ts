import type { Collector } from '../core/collector.ts';
import type { Host } from '../core/host.ts';
import { bytesWritten, type OwnErrors, removeReport, writeReport } from './own-report.ts';

const EVERY_MS = 10_000;

/** Writes what a collector says of itself into a folder in memory, every ten seconds, until it is told to stop. */
export function reportItself(
  collector: Collector,
  errors: OwnErrors,
  folder: string,
  host: Pick<Host, 'now' | 'log'>,
): () => void {
  let failed: string | null = null;
  const write = (): void => {
    const { settings, link, clockAheadMs } = collector;
    const error = writeReport(folder, {
      pid: process.pid,
      time: host.now(),
      uptimeSeconds: Math.round(process.uptime()),
      profile: settings.profile,
      connected: link.isOpen,
      clockAheadMs: Number.isNaN(clockAheadMs) ? null : Math.round(clockAheadMs),
      residentBytes: process.memoryUsage.rss(),
      writtenBytes: bytesWritten(),
      errors: errors.all,
    });
    // Said once, and not every ten seconds.
    if (error !== null && error !== failed)
      host.log('warn', 'the report for the doctor cannot be written', { path: folder, error });
    failed = error;
  };
  write();
  const timer = setInterval(write, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    removeReport(folder);
  };
}
