import { S3ServiceException } from '@aws-sdk/client-s3';
import { HeliographError } from '../../../lib/errors.ts';
import { reasonOf } from '../gate.ts';

/** What S3 calls it when the credentials are not good. */
const LOGIN: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'Forbidden',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
]);

/** What a request ran into, as one of ours. */
export function engineError(engine: string, error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  const name = error instanceof Error ? error.name : '';
  const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? null) : null;
  const facts = { status, name };
  if (LOGIN.has(name) || status === 401 || status === 403) {
    const fix = 'see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of this machine';
    return new HeliographError('HG_ENGINE_LOGIN', `${engine}: ${name} ${String(error)}; ${fix}`, facts, error);
  }
  if (status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new HeliographError('HG_ENGINE_REFUSED', `${engine}: ${status} ${String(error)}`, facts, error);
  }
  return new HeliographError('HG_ENGINE_DOWN', `${engine}: ${reasonOf(error)}`, facts, error);
}
