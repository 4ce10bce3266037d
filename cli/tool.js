// Runs a development tool on the project's Node, installing first if need be: node cli/tool.js vitest run
import { join } from 'node:path';
import { ROOT, run } from './runtime.js';

const TOOLS = { vitest: 'node_modules/vitest/vitest.mjs', bench: 'bench/run.ts', docs: 'cli/config-page.ts' };
const [name, ...args] = process.argv.slice(2);
run(join(ROOT, TOOLS[name]), args);
