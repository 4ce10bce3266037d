import { readOpenMetrics } from './openmetrics.ts';
import type { ExposedSample } from './series.ts';
import { readExpositionText } from './text.ts';

/** What a scraper asks for, the best first. */
export const ACCEPT = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/**
 * The samples of a page in the format that its content type says; where it says none of the two, in the text format.
 * @throws HG_SCRAPE_SYNTAX
 */
export function readExposition(text: string, contentType: string, take: (sample: ExposedSample) => void): void {
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  if (type === 'application/openmetrics-text') readOpenMetrics(text, take);
  else readExpositionText(text, take);
}
