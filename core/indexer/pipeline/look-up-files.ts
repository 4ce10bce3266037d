import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import { Catalogue } from './catalogue.ts';
import type { IndexerConfig } from './config.ts';
import { catalogueError, databaseError } from './file-errors.ts';
import { GeoIp } from './geoip.ts';
import { WatchedFile } from './watched-file.ts';

/** The files that lines are enriched from, as far as the configuration names them. */
export class LookUpFiles {
  readonly #catalogue: WatchedFile<Catalogue> | null = null;
  readonly #geoip: WatchedFile<GeoIp> | null = null;

  constructor({ catalogue, geoip }: IndexerConfig, { log, registry }: { log: Logger; registry: Registry }) {
    if (catalogue !== undefined) {
      this.#catalogue = new WatchedFile({
        kind: 'catalogue',
        file: catalogue,
        load: (bytes) => Catalogue.read(catalogue, bytes.toString('utf8')),
        explain: (error) => catalogueError(catalogue, error),
        log,
        registry,
      });
    }
    if (geoip !== undefined) {
      this.#geoip = new WatchedFile({
        kind: 'geoip',
        file: geoip.database,
        load: (bytes) => new GeoIp(bytes, geoip.language),
        explain: (error) => databaseError(geoip.database, error),
        log,
        registry,
      });
    }
  }

  /** In force now; null: none is named, or none was ever good. */
  get catalogue(): Catalogue | null {
    return this.#catalogue?.value ?? null;
  }

  get geoip(): GeoIp | null {
    return this.#geoip?.value ?? null;
  }

  /** The look at the start. @throws HeliographError HG_PIPELINE_FILE, HG_CONFIG_... when the catalogue cannot be used */
  async first(): Promise<void> {
    const refused = (await this.#catalogue?.look()) ?? null;
    if (refused !== null) throw refused;
    await this.#geoip?.look();
  }

  /** Looks whether they changed. */
  async look(): Promise<void> {
    await this.#catalogue?.look();
    await this.#geoip?.look();
  }
}
