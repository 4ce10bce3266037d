import type { LogRule } from '../../core/logs/log-rules.ts';
import type { FileFormat } from '../../core/tail/file-format.ts';
import type { MultilineSettings } from '../../core/tail/multiline.ts';
import { TRACE_PRESETS } from '../../core/tail/stack-traces.ts';
import type { CollectorConfig } from '../config.ts';
import type { MultilineConfig } from './multiline-config.ts';

/** Which files are followed, and how they are read: those of `logs`, and those of `containers`. */
export async function logRulesOf(config: CollectorConfig): Promise<LogRule[]> {
  const rules: LogRule[] = [];
  for (const { paths, service, level, format, multiline } of config.logs) {
    rules.push({ paths, service, level, format: await formatOf(format === 'container', multiline) });
  }
  const { containers } = config;
  if (containers !== undefined) {
    const { paths, level, multiline } = containers;
    rules.push({ paths, level, format: await formatOf(true, multiline) });
  }
  return rules;
}

async function formatOf(container: boolean, multiline: MultilineConfig | undefined): Promise<FileFormat | null> {
  if (!container && multiline === undefined) return null;
  return { container, multiline: multiline === undefined ? null : await settingsOf(multiline) };
}

/** What the expression needs is loaded where there is one. */
async function settingsOf({ preset, start, lines, bytes, wait }: MultilineConfig): Promise<MultilineSettings> {
  const presets = preset === undefined ? [] : Array.isArray(preset) ? preset : [preset];
  const traces = presets.flatMap((one) => (one === 'all' ? TRACE_PRESETS : [one]));
  return { traces, begins: start === undefined ? null : await beginsOf(start), lines, bytes, waitMs: wait };
}

async function beginsOf(pattern: string): Promise<(head: string) => boolean> {
  const { RE2JS } = await import('re2js');
  const compiled = RE2JS.compile(pattern);
  return (head) => compiled.matcher(head).find();
}
