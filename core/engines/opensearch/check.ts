import type { Client } from '@opensearch-project/opensearch';
import { HeliographError } from '../../../lib/errors.ts';
import { engineError, statusOf } from './client.ts';
import type { OpenSearchConfig } from './config.ts';
import { indexTemplate, refuseTemplate, TEMPLATE_VERSION, templateDifferences } from './template.ts';

/** flat_object came with 2.7, match_only_text with 2.12. */
const OLDEST = [2, 12] as const;

/**
 * Whether the engine can be used: OpenSearch, new enough, lets us in, answers, and has our template, which is put there if it is not.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING; HG_ENGINE_DOWN while it is down
 */
export async function checkOpenSearch(client: Client, config: OpenSearchConfig, engine: string): Promise<void> {
  await checkVersion(client, engine);
  try {
    const { body } = await client.cluster.health();
    if (body.status === 'red') {
      throw new HeliographError(
        'HG_ENGINE_DOWN',
        `${engine}: the cluster is red: a shard of some index has no copy that works`,
      );
    }
    await putTemplate(client, config);
  } catch (error) {
    throw engineError(engine, error);
  }
}

async function checkVersion(client: Client, engine: string): Promise<void> {
  let body: unknown;
  try {
    ({ body } = await client.info());
  } catch (error) {
    const status = statusOf(error);
    if (status !== null && status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status)) {
      throw new HeliographError(
        'HG_ENGINE_ADDRESS',
        `${engine}: it answers ${status}, which OpenSearch does not`,
        {},
        error,
      );
    }
    // Something that does not speak JSON, or not HTTP.
    if (error instanceof Error && error.name === 'DeserializationError') {
      throw new HeliographError('HG_ENGINE_ADDRESS', `${engine}: what it answers is not JSON`, {}, error);
    }
    throw engineError(engine, error);
  }
  const version = (body as { version?: { distribution?: unknown; number?: unknown } } | null)?.version;
  if (version?.distribution !== 'opensearch') {
    const found = version?.number === undefined ? 'no version' : `version ${String(version.number)} of something else`;
    throw new HeliographError('HG_ENGINE_ADDRESS', `${engine}: not an OpenSearch: it says ${found}`);
  }
  const [major = 0, minor = 0] = String(version.number).split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new HeliographError(
      'HG_ENGINE_VERSION',
      `${engine}: it is ${String(version.number)}, needed is ${OLDEST.join('.')} or newer`,
    );
  }
}

async function putTemplate(client: Client, config: OpenSearchConfig): Promise<void> {
  const name = config.index;
  const wanted = indexTemplate(config);
  let found: Record<string, unknown> | null = null;
  try {
    const { body } = await client.indices.getIndexTemplate({ name });
    found = (body.index_templates[0]?.index_template as unknown as Record<string, unknown>) ?? null;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
  const version = Number(found?.version ?? 0);
  if (version > TEMPLATE_VERSION) {
    throw new HeliographError(
      'HG_ENGINE_SETTING',
      `the index template ${name} has version ${version}, this program knows ${TEMPLATE_VERSION}: a newer one runs on the same cluster; upgrade this one`,
    );
  }
  if (found && version === TEMPLATE_VERSION) {
    const differences = templateDifferences(found, wanted);
    if (differences.length > 0) refuseTemplate(name, differences);
    // Shards, copies and refresh as the configuration has them now.
  }
  await client.indices.putIndexTemplate({ name, body: wanted as never });
}
