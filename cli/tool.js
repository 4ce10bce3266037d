// Runs a development tool on the project's Node, installing first if need be: node cli/tool.js vitest run
import { join } from 'node:path';
import { ROOT, run } from './runtime.js';

const TOOLS = {
  __proto__: null,
  vitest: 'node_modules/vitest/vitest.mjs',
  bench: 'bench/run.ts',
  docs: 'cli/docs/write.ts',
};
const [name, ...args] = process.argv.slice(2);
if (name in TOOLS) run(join(ROOT, TOOLS[name]), args);
else {
  console.error(`no tool ${name ?? 'is named'}: give one of ${Object.keys(TOOLS).join(', ')}`);
  process.exitCode = 2;
}
