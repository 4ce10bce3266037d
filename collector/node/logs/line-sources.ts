import type { Host } from '../../core/host.ts';
import type { LineSource } from '../../core/logs/line-source.ts';
import type { CollectorConfig } from '../config.ts';

/** The sources of lines that are configured, beside followed files. What is not configured is not loaded. @throws what openSyslogSource throws */
export async function lineSourcesOf(config: CollectorConfig, host: Host): Promise<LineSource[]> {
  const sources: LineSource[] = [];
  const { root, logPoll: pollMs } = config;
  if (config.kernelLog !== undefined) {
    const { KernelLog } = await import('../../core/kernel/kernel-log.ts');
    sources.push(new KernelLog(host, { root, pollMs, level: config.kernelLog.level }));
  }
  if (config.journald !== undefined) {
    const { JournalSource } = await import('../../core/journald/journal-source.ts');
    const { paths, level, excludeUnits, since } = config.journald;
    const under = root.replace(/\/+$/, '');
    const options = { paths: paths.map((path) => `${under}${path}`), pollMs, level, excludeUnits, sinceMs: since };
    sources.push(new JournalSource(host, options));
  }
  if (config.syslog !== undefined) {
    const { openSyslogSource } = await import('../syslog/open.ts');
    sources.push(await openSyslogSource(config.syslog, host));
  }
  return sources;
}
