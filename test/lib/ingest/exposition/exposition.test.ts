import { describe, expect, it } from 'vitest';
import { readExposition } from '../../../../lib/ingest/exposition/read.ts';

const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Samples as `name{labels} value time`, or the message of what is wrong. */
function read(text: string, type = 'text/plain; version=0.0.4'): string[] {
  const samples: string[] = [];
  try {
    readExposition(text, type, ({ name, labels, value, time }) =>
      samples.push(
        `${name}${JSON.stringify(labels)} ${Object.is(value, -0) ? '-0' : value}${time === null ? '' : ` ${time}`}`,
      ),
    );
  } catch (error) {
    return [`${(error as { code: string }).code} ${(error as { facts: { line: number } }).facts.line}`];
  }
  return samples;
}

describe('the text format', () => {
  const f = (text: string, ...want: string[]) => expect(read(text), text).toEqual(want);

  it('has names, labels, values and times', () => {
    f('a 1\n', 'a[] 1');
    f('a 1', 'a[] 1');
    f('', ...[]);
    f('\n\n  \n# anything\n#\n', ...[]);
    f('# HELP a b\\nc\n# TYPE a counter\na{b="c"} 2 1395066363000\n', 'a["b","c"] 2 1395066363000');
    f('a{} 1\na{b="c",} 2\na{b="c",d="e"} 3\n', 'a[] 1', 'a["b","c"] 2', 'a["b","c","d","e"] 3');
    f('  a \t{ b = "c" , d = "e" } \t 3 \t -7  \n', 'a["b","c","d","e"] 3 -7');
    f('a:b_c9 1\n_x 2\n', 'a:b_c9[] 1', '_x[] 2');
    f('{"my.name", a="b"} 1\n{"only"} 2\na{"x.y"="z"} 3\n', 'my.name["a","b"] 1', 'only[] 2', 'a["x.y","z"] 3');
  });

  it('has escapes of three kinds, and any other backslash stands for itself', () => {
    f('a{b="\\\\x\\"y\\nz\\t"} 1\n', `a${JSON.stringify(['b', '\\x"y\nz\\t'])} 1`);
    f('a{b="C:\\\\DIR\\\\"} 1\n', `a${JSON.stringify(['b', 'C:\\DIR\\'])} 1`);
    f('a{b="äöü ☃ }{=,#"} 1\n', 'a["b","äöü ☃ }{=,#"] 1');
  });

  it('has every number that Go reads', () => {
    f('a NaN\na nan\na +Inf\na -Inf\na inf\n', 'a[] NaN', 'a[] NaN', 'a[] Infinity', 'a[] -Infinity', 'a[] Infinity');
    f(
      'a 1.5e-3\na .5\na 5.\na -0\na 1E9\na 9007199254740993\n',
      'a[] 0.0015',
      'a[] 0.5',
      'a[] 5',
      'a[] -0',
      'a[] 1000000000',
      'a[] 9007199254740992',
    );
  });

  it('is refused with the number of the line', () => {
    const bad = (text: string, line: number) => f(text, `HG_SCRAPE_SYNTAX ${line}`);
    bad('a\n', 1);
    bad('ok 1\na{b="c} 1\nd 1\n', 2);
    bad('a{b="c"\n', 1);
    bad('a{b=c} 1\n', 1);
    bad('a{b="c" d="e"} 1\n', 1);
    bad('a{,} 1\n', 1);
    bad('a{9b="c"} 1\n', 1);
    bad('9a 1\n', 1);
    bad('a 0x1F\n', 1);
    bad('a 1_000\n', 1);
    bad('a 1 1.5\n', 1);
    bad('a 1 2 3\n', 1);
    bad('a 1\r\n', 1);
    bad('a{b="c\\', 1);
    bad('{} 1\n', 1);
    bad('{a="b"} 1\n', 1);
    bad('<html>\n', 1);
  });
});

describe('OpenMetrics', () => {
  const f = (text: string, ...want: string[]) => expect(read(text, OPEN), text).toEqual(want);

  it('has times in seconds, and exemplars that are left out', () => {
    f('# EOF\n', ...[]);
    f('# EOF', ...[]);
    f(
      '# HELP a b\n# TYPE a histogram\n# UNIT a_seconds seconds\na_bucket{le="0.1"} 8 # {trace_id="x y"} 0.05 1.5\na_bucket{le="+Inf"} 9 1.5 # {} 7\na_count 17 1520879607.789\na_created 1520430000.123\n# EOF\n',
      'a_bucket["le","0.1"] 8',
      'a_bucket["le","+Inf"] 9 1500',
      'a_count[] 17 1520879607789',
      'a_created[] 1520430000.123',
    );
  });

  it('is refused where it does not end, is blank, or goes on behind its end', () => {
    const bad = (text: string, line: number) => f(text, `HG_SCRAPE_SYNTAX ${line}`);
    bad('a 1\n', 2);
    bad('', 1);
    bad('a 1\n# EOF\na 2\n', 3);
    bad('a 1\n\n# EOF\n', 2);
    bad('a  1\n# EOF\n', 1);
    bad('a{b="c",} 1\n# EOF\n', 1);
    bad('# free comment\n# EOF\n', 1);
    bad('a 1 # 5\n# EOF\n', 1);
    bad('a 1 NaN\n# EOF\n', 1);
    bad(' a 1\n# EOF\n', 1);
  });
});

it('whatever the bytes are, a page is read or refused with its code, in time that its length bounds', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const parts = [
    'a',
    '{',
    '}',
    '"',
    '\\',
    '\n',
    ' ',
    ',',
    '=',
    '1',
    'NaN',
    '# ',
    '# EOF\n',
    '# TYPE a b\n',
    'le="x"',
    '\t',
    '☃',
    '\u0000',
    '\ud800',
    '1e999',
    '-',
  ];
  let good = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: random(14) }, () => parts[random(parts.length)]!).join('');
    for (const type of ['text/plain', OPEN]) {
      const found = read(text, type);
      if (!found[0]?.startsWith('HG_')) good++;
      else expect(found[0]).toMatch(/^HG_SCRAPE_SYNTAX \d+$/);
    }
  }
  expect(good).toBeGreaterThan(200);
  const began = performance.now();
  for (const text of [
    '{'.repeat(1e6),
    '"'.repeat(1e6),
    `a{b="${'\\'.repeat(1e6)}`,
    '#'.repeat(1e6),
    'a'.repeat(1e6),
    `a{${'b="c",'.repeat(1e5)}`,
  ])
    read(text);
  expect(performance.now() - began).toBeLessThan(10_000);
});
