import { z } from 'zod';
import { parseConfig } from '../../../lib/config/load.ts';
import { compileGlob } from '../../../lib/log-lines/name-glob.ts';

const service = z.strictObject({
  team: z.string().min(1).optional(),
  tier: z.union([z.string().min(1), z.number()]).optional(),
  runbook: z.string().min(1).optional(),
  environment: z.string().min(1).optional(),
  labels: z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

/** A catalogue: what is known of services. */
const catalogueSchema = z.strictObject({
  /** By name, exact or with `*` and `?`; the exact one wins, then the first pattern that fits. */
  services: z.record(z.string().min(1), service),
});

export interface CatalogueEntry {
  readonly environment: string | null;
  /** Fields that a line of the service gets. */
  readonly fields: readonly (readonly [string, string])[];
}

/** Answers kept by service; a service's name comes from outside. */
const MOST_KEPT = 10_000;

export class Catalogue {
  readonly #exact: ReadonlyMap<string, CatalogueEntry>;
  readonly #patterns: readonly (readonly [(name: string) => boolean, CatalogueEntry])[];
  readonly #kept = new Map<string, CatalogueEntry | null>();

  private constructor(entries: readonly (readonly [string, CatalogueEntry])[]) {
    const isPattern = (name: string) => /[*?]/.test(name);
    this.#exact = new Map(entries.filter(([name]) => !isPattern(name)));
    this.#patterns = entries
      .filter(([name]) => isPattern(name))
      .map(([name, entry]) => [compileGlob(name), entry] as const);
  }

  /**
   * @param file name in messages
   * @throws HeliographError HG_CONFIG_SYNTAX, HG_CONFIG_KEY, HG_CONFIG_VALUE, with line, value and fix
   */
  static read(file: string, text: string): Catalogue {
    const { services } = parseConfig(file, text, catalogueSchema);
    return new Catalogue(
      Object.entries(services).map(([name, { team, tier, runbook, environment, labels }]) => {
        const fields: [string, string][] = [];
        const add = (field: string, value: string | number | boolean | undefined) => {
          if (value !== undefined) fields.push([field, String(value)]);
        };
        add('service.team', team);
        add('service.tier', tier);
        add('service.runbook', runbook);
        add('service.environment', environment);
        for (const [label, value] of Object.entries(labels)) add(`labels.${label}`, value);
        return [name, { environment: environment ?? null, fields }] as const;
      }),
    );
  }

  of(name: string): CatalogueEntry | null {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const entry = this.#exact.get(name) ?? this.#patterns.find(([fits]) => fits(name))?.[1] ?? null;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(name, entry);
    return entry;
  }
}
