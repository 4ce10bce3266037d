import type { Host } from '../../core/host.ts';
import type { LineSource } from '../../core/logs/line-source.ts';
import type { CollectorConfig } from '../config.ts';

/** The sources of lines that are configured, beside followed files. What is not configured is not loaded. */
export async function lineSourcesOf(config: CollectorConfig, host: Host): Promise<LineSource[]> {
  const sources: LineSource[] = [];
  const { root, logPoll: pollMs } = config;
  if (config.kernelLog !== undefined) {
    const { KernelLog } = await import('../../core/kernel/kernel-log.ts');
    sources.push(new KernelLog(host, { root, pollMs, level: config.kernelLog.level }));
  }
  return sources;
}
