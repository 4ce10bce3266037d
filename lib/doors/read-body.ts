import type { Readable } from 'node:stream';
import { HeliographError } from '../errors.ts';
import type { Waiting } from './waiting.ts';

/**
 * A body of at most `most` bytes, of a client. Its bytes count as waiting from their arrival on, so that many bodies that come slowly are
 * bounded, too; whoever gets the body gives them back.
 * @throws HeliographError HG_DOOR_BODY, HG_DOOR_BUSY, HG_DOOR_SYNTAX (it broke off); then none of it waits
 */
export function readBody(payload: Readable, most: number, waiting: Waiting, client: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = () => {
      payload.off('data', take);
      payload.off('end', end);
      payload.off('close', broken);
    };
    const refuse = (error: unknown) => {
      done();
      waiting.leave(client, size);
      reject(error);
    };
    const take = (chunk: Buffer) => {
      try {
        if (size + chunk.length > most) {
          throw new HeliographError('HG_DOOR_BODY', `at most ${most} bytes`, { max: most });
        }
        waiting.enter(client, chunk.length, size);
      } catch (error) {
        refuse(error);
        return;
      }
      size += chunk.length;
      chunks.push(chunk);
    };
    const end = () => {
      done();
      resolve(Buffer.concat(chunks, size));
    };
    const broken = () => refuse(new HeliographError('HG_DOOR_SYNTAX', `the body broke off after ${size} bytes`));
    payload.on('data', take);
    payload.on('end', end);
    payload.on('close', broken);
    // Stays: an error is followed by the close, and without a listener it would end the process.
    payload.on('error', () => undefined);
  });
}
