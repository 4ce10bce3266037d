import { CreateBucketCommand, HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { after } from '../../../lib/after.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Health } from '../../api/health.ts';
import { EngineGate } from '../gate.ts';
import type { S3Config } from './config.ts';
import { engineError } from './errors.ts';
import { S3Objects } from './objects.ts';

export interface S3Options {
  readonly config: S3Config;
  readonly log: Logger;
  readonly health: Pick<Health, 'well' | 'ill'>;
  /** In place of the client's usual chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A request is tried so often by the client itself; who waits longer is the caller's to decide. */
const TRIES = 3;

/**
 * Opens the objects on S3. Resolves also while it is down: it is then waited for.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_SETTING
 */
export async function openS3Objects(options: S3Options): Promise<S3Objects> {
  const { config, log, health, credentials } = options;
  const engine = `S3 at ${config.endpoint ?? `AWS, ${config.region}`}, bucket ${config.bucket}`;
  const client = new S3Client({
    region: config.region,
    maxAttempts: TRIES,
    requestHandler: { requestTimeout: config.timeout, connectionTimeout: config.timeout },
    ...(config.endpoint ? { endpoint: config.endpoint, forcePathStyle: true } : {}),
    ...(credentials ? { credentials } : {}),
  });
  try {
    const gate = await EngineGate.open({
      part: 'objects',
      engine,
      check: () => checkBucket(client, config, engine),
      health,
      log,
      timer: after,
    });
    return new S3Objects({ client, gate, engine, bucket: config.bucket, prefix: config.prefix });
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** Whether the bucket is there and we may use it; made, where the configuration says so. */
async function checkBucket(client: S3Client, { bucket, create }: S3Config, engine: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 301 || status === 400 || status === 405) {
      throw new HeliographError(
        'HG_ENGINE_ADDRESS',
        `${engine}: it answers ${status}: another region, or not an S3`,
        {},
        error,
      );
    }
    if (status !== 404) throw engineError(engine, error);
    if (!create) {
      const fix = `make it, or write "create: true"`;
      throw new HeliographError('HG_ENGINE_SETTING', `${engine}: there is no such bucket; ${fix}`, {}, error);
    }
  }
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    throw engineError(engine, error);
  }
}
