import { readFile } from 'node:fs/promises';
import { Catalogue } from './catalogue.ts';
import type { IndexerConfig } from './config.ts';
import { catalogueError, databaseError } from './file-errors.ts';
import { GeoIp } from './geoip.ts';

/** Reads the files that the section `indexer` names. @throws HeliographError HG_PIPELINE_FILE, HG_CONFIG_... of the first that cannot be used */
export async function checkPipelineFiles({ catalogue, geoip }: IndexerConfig): Promise<void> {
  if (catalogue !== undefined) {
    try {
      Catalogue.read(catalogue, await readFile(catalogue, 'utf8'));
    } catch (cause) {
      throw catalogueError(catalogue, cause);
    }
  }
  if (geoip !== undefined) {
    try {
      new GeoIp(await readFile(geoip.database), geoip.language);
    } catch (cause) {
      throw databaseError(geoip.database, cause);
    }
  }
}
