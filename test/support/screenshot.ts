import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';

/** Keeps a picture for the documentation when HELIOGRAPH_SCREENSHOTS is set; otherwise does nothing. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!process.env.HELIOGRAPH_SCREENSHOTS) return;
  const folder = resolve('docs/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/${name}.png` });
}
