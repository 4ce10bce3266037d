import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { indexerConfig } from '../../../../core/indexer/pipeline/config.ts';
import { logFrame, logLine } from '../../../contracts/log-frames.ts';
import { testPipeline } from '../../../support/pipeline.ts';

const page = readFileSync('docs/log-pipeline.md', 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)\n```$/gms)].map(([, kind, text]) => ({ kind: kind!, text: text! }));
const NOW = Date.parse('2026-11-28T12:00:00Z');

test('every configuration on the page is a good one', () => {
  const sections = blocks.filter(({ kind }) => kind === 'yaml');
  expect(sections.length).toBeGreaterThanOrEqual(8);
  for (const { text } of sections) expect(() => indexerConfig.parse(parse(text)), text).not.toThrow();
});

test('every line on the page becomes what the page says', async () => {
  let tried = 0;
  for (const [i, { kind, text }] of blocks.entries()) {
    if (kind !== 'text') continue;
    const { pipeline } = await testPipeline(parse(blocks[i - 1]!.text) as object);
    const line = logLine(NOW, text, { level: '' });
    const passed = pipeline.pass(logFrame('web-1', 1, [line]), line, 0);
    const { time, message, level, fields } = passed.line;
    const said = JSON.parse(blocks[i + 1]!.text) as Record<string, string>;
    const after: Record<string, string> = { message, ...fields };
    if (level !== '') after['log.level'] = level;
    if (time !== NOW) after['@timestamp'] = new Date(time).toISOString();
    expect(passed.failure, text).toBeNull();
    expect(after, text).toEqual(said);
    tried++;
  }
  expect(tried).toBeGreaterThanOrEqual(5);
});

test('every reason for a failure stands on the page', () => {
  const source = readFileSync('core/indexer/pipeline/parsed.ts', 'utf8');
  const reasons = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, reason]) => reason!);
  expect(reasons.length).toBeGreaterThan(8);
  for (const reason of reasons) expect(page).toContain(`\`${reason}\``);
});
