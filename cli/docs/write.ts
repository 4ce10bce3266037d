import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configPage } from '../config-page.ts';
import { metricsPage } from './metrics-page.ts';

/** `npm run docs`: makes the pages anew that are made from the source. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const metrics = `${root}docs/metrics.md`;
writeFileSync(`${root}docs/configuration.md`, configPage());
writeFileSync(metrics, metricsPage(root, existsSync(metrics) ? readFileSync(metrics, 'utf8') : ''));
