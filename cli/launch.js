#!/usr/bin/env node
import { join } from 'node:path';
import { ROOT, run } from './runtime.js';

run(join(ROOT, 'cli', 'heliograph.ts'), process.argv.slice(2));
