import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { collectOnce } from '../../collector/core/exposition.ts';
import { createNodeHost } from '../../collector/node/host.ts';
import { machineSources } from '../../collector/node/machine-sources.ts';
import { fileError } from '../../lib/config/file-error.ts';
import { readLineFacts } from '../../lib/log-lines/level.ts';
import { parseSeries, type SeriesLabels } from './series-text.ts';

/** The lines of a file, or of standard input (`-`). @throws HeliographError HG_CONFIG_FILE */
export async function* linesOf(file: string, option = '--input'): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield line;
  } catch (cause) {
    throw fileError(file, option, cause);
  }
}

/** The series that a collector of this machine sends, without those that it tells of itself. */
export async function* seriesOfMachine(labels: Readonly<Record<string, string>>): AsyncGenerator<SeriesLabels> {
  const text = collectOnce(createNodeHost(), '/', await machineSources('/'));
  for (const line of text.split('\n')) {
    const series = line.startsWith('#') ? null : parseSeries(line);
    if (series !== null) yield { ...labels, ...series };
  }
}

/** ECS fields of a line: of a JSON object as `heliograph logs --json` prints it, or of a text with its level as a collector reads it. */
export function fieldsOf(text: string, service: string, path: string): Readonly<Record<string, string>> {
  const stored = storedLine(text);
  if (stored !== null) return stored;
  const bytes = new TextEncoder().encode(text);
  const facts = { level: '' as const, time: Number.NaN };
  readLineFacts(bytes, 0, bytes.length, Date.now(), 0, facts);
  return { 'service.name': service, 'log.level': facts.level, 'log.file.path': path, message: text };
}

function storedLine(text: string): Readonly<Record<string, string>> | null {
  if (!text.startsWith('{')) return null;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    // A text that begins with a brace.
    return null;
  }
  const { message, 'service.name': service, 'log.level': level, fields } = value;
  if (typeof message !== 'string' || typeof service !== 'string' || typeof level !== 'string') return null;
  return { 'service.name': service, 'log.level': level, message, ...(fields as Record<string, string> | undefined) };
}
