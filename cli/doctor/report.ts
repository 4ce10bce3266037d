import { coloured, say } from '../terminal/output.ts';
import { many } from '../terminal/text.ts';
import type { Check } from './check.ts';

/** Says what was found, and sets the exit code: 1 when something is FAIL. */
export function report(checks: readonly Check[], json: boolean): void {
  const failed = checks.filter(({ level }) => level === 'FAIL').length;
  if (json) say(JSON.stringify({ well: failed === 0, checks }, null, 2));
  else print(checks, failed);
  process.exitCode = failed === 0 ? 0 : 1;
}

function print(checks: readonly Check[], failed: number): void {
  const width = Math.min(24, Math.max(...checks.map(({ what }) => what.length)));
  for (const { what, level, found, fix } of checks) {
    const mark = coloured(level === 'FAIL' ? ['bold', 'red'] : level === 'warn' ? 'yellow' : 'green', level.padEnd(4));
    say(`${mark}  ${what.padEnd(width)}  ${found}`);
    if (fix !== '') say(`${' '.repeat(8 + width)}${coloured('dim', '-> ')}${fix}`);
  }
  const warned = checks.filter(({ level }) => level === 'warn').length;
  const good = checks.length - failed - warned;
  say(`\n${many(good, 'check')} ok, ${many(warned, 'warning')}, ${failed} FAIL`);
}
