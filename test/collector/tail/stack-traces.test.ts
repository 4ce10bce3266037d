import { describe, expect, it } from 'vitest';
import { findLines, LineTable } from '../../../collector/core/tail/lines.ts';
import { Multiline } from '../../../collector/core/tail/multiline.ts';
import { groupLines } from '../../../collector/core/tail/records.ts';
import {
  mayBeOfTrace,
  StackTraces,
  TRACE_PRESETS,
  type TracePreset,
} from '../../../collector/core/tail/stack-traces.ts';
import { seeded } from '../random.ts';

/** The records of a text, all of it given. */
function records(
  text: string,
  traces: readonly TracePreset[],
  limits: { lines?: number; bytes?: number } = {},
): string[] {
  const bytes = new TextEncoder().encode(text);
  const table = new LineTable();
  const taken = findLines(bytes, bytes.length, 256 * 1024, true, table);
  const multiline = new Multiline({ traces, begins: null, lines: 500, bytes: 65_536, waitMs: 1000, ...limits });
  expect(groupLines(bytes, taken, multiline, true, table)).toBe(bytes.length);
  const decoder = new TextDecoder();
  return Array.from({ length: table.count }, (_, i) => decoder.decode(bytes.subarray(table.starts[i], table.ends[i])));
}

const JAVA = [
  '2026-11-29 21:40:00 ERROR [main] c.e.Shop - order failed',
  `java.lang.IllegalStateException: no stock
\tat com.example.Shop.order(Shop.java:42)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
\tSuppressed: java.io.IOException: close
\t\tat com.example.Shop.close(Shop.java:50)
Caused by: java.sql.SQLException: gone
\tat org.db.Driver.connect(Driver.java:7)
\t... 12 more`,
].join('\n');
const UNCAUGHT_JAVA = `Exception in thread "main" java.lang.RuntimeException: x
\tat Main.main(Main.java:3)`;
const PYTHON = `ERROR:root:cannot
Traceback (most recent call last):
  File "/app/x.py", line 3, in f
    return 1 / 0
           ~~^~~
ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/x.py", line 5, in <module>
    g()
KeyError: 'b'`;
const GO = `panic: boom [recovered]
\tpanic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]

goroutine 1 [running]:
main.f(0x1, {0xc000, 0x3})
\t/src/main.go:5 +0x1d
created by main.main in goroutine 7
\t/src/main.go:9 +0x2a

goroutine 18 [select, 3 minutes]:
net/http.(*Server).Serve(0xc00)
\t/usr/lib/go/http.go:1 +0x9
exit status 2`;
const NODE = `/app/server.js:12
    throw new TypeError('no');
    ^

TypeError: no
    at Object.<anonymous> (/app/server.js:12:11)
    at node:internal/main/run_main_module:28:49 {
  code: 'E_NO',
  [cause]: Error: deeper
      at f (/app/x.js:1:1)
}

Node.js v24.21.0`;
const DOTNET = `Unhandled exception. System.InvalidOperationException: outer
 ---> System.ArgumentNullException: Value cannot be null. (Parameter 'x')
   at App.Inner() in /src/Program.cs:line 7
   --- End of inner exception stack trace ---
   at App.Main() in /src/Program.cs:line 12
--- End of stack trace from previous location ---
   at App.Later()`;

describe('stack traces', () => {
  for (const [preset, trace] of [
    ['java', JAVA],
    ['java', UNCAUGHT_JAVA],
    ['python', PYTHON],
    ['go', GO],
    ['node', NODE],
    ['dotnet', DOTNET],
  ] as const) {
    for (const presets of [[preset], TRACE_PRESETS] as const) {
      it(`of ${preset}, looked for with ${presets.length} presets, is one record between others`, () => {
        const text = `INFO before\n${trace}\nINFO behind {"a":1}\nINFO last\n`;
        expect(records(text, presets)).toEqual(['INFO before', trace, 'INFO behind {"a":1}', 'INFO last']);
        expect(records(`${trace}\nINFO x\n${trace}\n`, presets)).toEqual([trace, 'INFO x', trace]);
      });
    }
  }

  it('printed one behind the other are records of their own', () => {
    expect(records(`${UNCAUGHT_JAVA}\n${UNCAUGHT_JAVA}\n`, ['java'])).toEqual([UNCAUGHT_JAVA, UNCAUGHT_JAVA]);
    const error = 'Error: one\n    at f (/x.js:1:1)';
    expect(records(`${error}\n${error}\n`, ['node'])).toEqual([error, error]);
  });

  it('leave other lines as they are: empty ones, indented ones, and words like those of a trace', () => {
    const lines = [
      '',
      '  indented',
      'Error',
      'at once',
      'Caused by: rain',
      '}',
      'com.example.Shop started',
      '\u0000\u0001',
      'x',
    ];
    expect(records(`${lines.join('\n')}\n`, TRACE_PRESETS)).toEqual(lines);
  });

  it('that are too long are cut in the same places wherever of them reading begins', () => {
    const trace = `java.lang.StackOverflowError\n${Array.from({ length: 100 }, (_, i) => `\tat A.f${i}(A.java:1)`).join('\n')}`;
    for (const limits of [{ lines: 7 }, { bytes: 300 }]) {
      const all = records(`${trace}\nINFO x\n`, TRACE_PRESETS, limits);
      expect(all.length).toBeGreaterThan(7);
      expect(all.join('\n')).toBe(`${trace}\nINFO x`);
      if ('lines' in limits) expect(Math.max(...all.map((one) => one.split('\n').length))).toBe(7);
      for (let from = 1; from < all.length; from++)
        expect(records(`${all.slice(from).join('\n')}\n`, TRACE_PRESETS, limits)).toEqual(all.slice(from));
    }
  });

  it('are looked for in every line that a rule fits, although most lines are not looked at', () => {
    const random = seeded(4);
    const all = [JAVA, UNCAUGHT_JAVA, PYTHON, GO, NODE, DOTNET].flatMap((trace) => trace.split('\n'));
    const heads = [
      '',
      ' ',
      '\t',
      'Error',
      'TypeError: x',
      'a.b.CError',
      'Uncaught Error: y',
      'C:\\x.js:3',
      'node:x:1',
      'file:///x:2',
      'Exception',
      '_a.XError',
      '$a.XError',
    ];
    for (const head of [...all, ...heads]) {
      for (let i = 0; i < 20; i++) {
        const line = i === 0 ? head : head.slice(random(3), 1 + random(head.length + 1));
        const bytes = new TextEncoder().encode(line);
        const traces = new StackTraces(TRACE_PRESETS);
        const goesOn = traces.continues(line);
        if (goesOn || !traces.outside) expect([line, mayBeOfTrace(bytes, 0, bytes.length)]).toEqual([line, true]);
      }
    }
  });

  it('cost no more than their length, whatever the lines', () => {
    const hostile = [
      'a.'.repeat(200_000),
      `goroutine 1 ${'['.repeat(200_000)}`,
      ' '.repeat(200_000),
      `${'\t'.repeat(9)}at `.repeat(9),
    ];
    const begun = performance.now();
    for (let i = 0; i < 200; i++) records(`${hostile.join('\n')}\n`.slice(0, 60_000), TRACE_PRESETS);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
