import { isDeepStrictEqual } from 'node:util';
import { HeliographError } from '../../../lib/errors.ts';
import { INDEXED_LENGTH } from '../../logs/tokens.ts';
import type { OpenSearchConfig } from './config.ts';

/** Of what stands below. A template of an older version is replaced; the indices that are there keep theirs. */
export const TEMPLATE_VERSION = 1;

type Json = Record<string, unknown>;

/**
 * The index template: explicit mappings in ECS names, and nothing that a line could add to them. Free fields are one
 * flat_object, so that no service can explode the mapping. Words are split where core/logs/tokens.ts splits them: the
 * engine finds candidates, the store looks at each of them again.
 */
export function indexTemplate(config: Pick<OpenSearchConfig, 'index' | 'shards' | 'replicas' | 'refresh'>): Json {
  return {
    index_patterns: [`${config.index}-*`],
    priority: 200,
    version: TEMPLATE_VERSION,
    _meta: { description: 'Log lines of Heliograph. Made by its indexer; change the configuration, not this.' },
    template: {
      settings: {
        index: {
          number_of_shards: String(config.shards),
          number_of_replicas: String(config.replicas),
          refresh_interval: `${config.refresh}ms`,
          codec: 'best_compression',
          // An answer means that the lines are on disk, which is what the bus is told.
          translog: { durability: 'request' },
          mapping: { total_fields: { limit: '200' } },
          analysis: {
            filter: {
              heliograph_marks: { type: 'pattern_replace', pattern: '\\p{M}+', replacement: '' },
              heliograph_length: { type: 'truncate', length: String(INDEXED_LENGTH) },
            },
            tokenizer: { heliograph_words: { type: 'pattern', pattern: '[^\\p{L}\\p{N}\\p{M}\\p{Co}]+' } },
            analyzer: {
              heliograph_message: {
                type: 'custom',
                tokenizer: 'heliograph_words',
                filter: ['lowercase', 'heliograph_marks', 'asciifolding', 'heliograph_length'],
              },
            },
          },
        },
      },
      mappings: mappings(),
    },
  };
}

function mappings(): Json {
  const word = { type: 'keyword', ignore_above: 1024 };
  return {
    dynamic: 'false',
    // The days' indices are searched by the time of the line, not of the frame: the engine skips those that cannot have any.
    properties: {
      '@timestamp': { type: 'date_nanos', format: 'strict_date_optional_time_nanos' },
      message: { type: 'match_only_text', analyzer: 'heliograph_message' },
      log: { properties: { level: word } },
      service: { properties: { name: word } },
      host: { properties: { name: word } },
      event: { properties: { ingested: { type: 'date', format: 'epoch_millis', doc_values: false } } },
      site: word,
      fields: { type: 'flat_object' },
      // The line's place among those of one instant: see document.ts.
      order: { type: 'keyword', index: false },
      // Boot, class, sequence, place: only read back.
      heliograph: { type: 'object', enabled: false },
    },
  };
}

/**
 * What of the template in the engine is not as it must be, in words; empty when all is. Numbers and texts are one thing to the engine.
 * Shards, replicas and refresh are the operator's to change.
 */
export function templateDifferences(found: Json, wanted: Json): string[] {
  const differences: string[] = [];
  compare(plain(found.template), plain(wanted.template), 'template', differences);
  return differences.filter(
    (one) => !/^template\.settings\.index\.(number_of_shards|number_of_replicas|refresh_interval)/.test(one),
  );
}

function compare(found: unknown, wanted: unknown, path: string, out: string[]): void {
  if (isObject(found) && isObject(wanted)) {
    for (const key of new Set([...Object.keys(found), ...Object.keys(wanted)])) {
      compare(found[key], wanted[key], `${path}.${key}`, out);
    }
  } else if (!isDeepStrictEqual(found, wanted)) {
    out.push(`${path} is ${JSON.stringify(found) ?? 'not there'} and must be ${JSON.stringify(wanted) ?? 'away'}`);
  }
}

/** Everything that is no object as text, as the engine gives settings back. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  return value === undefined ? undefined : String(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws HeliographError HG_ENGINE_SETTING that names each difference and the way out */
export function refuseTemplate(name: string, differences: readonly string[]): never {
  throw new HeliographError(
    'HG_ENGINE_SETTING',
    `the index template ${name} was changed: ${differences.slice(0, 5).join('; ')}; put it back, or delete it (DELETE _index_template/${name}) and it is made anew`,
    { template: name, differences },
  );
}
