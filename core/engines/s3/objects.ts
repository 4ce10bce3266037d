import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { checkKey } from '../../objects/key.ts';
import type { Objects } from '../../ports/objects.ts';
import type { EngineGate } from '../gate.ts';
import { engineError } from './errors.ts';

export interface S3ObjectsParts {
  readonly client: S3Client;
  readonly gate: EngineGate;
  /** For messages: the engine and its address. */
  readonly engine: string;
  readonly bucket: string;
  readonly prefix: string;
}

/** Objects in a bucket. An answered put is durable: that is what S3 promises, and its checksum is of the bytes we had. */
export class S3Objects implements Objects {
  readonly #parts: S3ObjectsParts;

  constructor(parts: S3ObjectsParts) {
    this.#parts = parts;
  }

  /** In one request, or in parts where it is large. @throws HeliographError HG_OBJECT_KEY, HG_ENGINE_DOWN, HG_ENGINE_LOGIN, HG_ENGINE_REFUSED */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const { client, bucket } = this.#parts;
    const Key = this.#key(key);
    await this.#ask(() => new Upload({ client, params: { Bucket: bucket, Key, Body: bytes } }).done());
  }

  async get(key: string): Promise<Uint8Array | null> {
    const { client, bucket } = this.#parts;
    const Key = this.#key(key);
    return this.#ask(async () => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return Body ? await Body.transformToByteArray() : new Uint8Array(0);
      } catch (error) {
        if (error instanceof NoSuchKey) return null;
        throw error;
      }
    });
  }

  /** In order of keys, a thousand an answer. */
  async *list(prefix: string): AsyncIterable<{ key: string; bytes: number; modified: number }> {
    const { client, bucket, prefix: before } = this.#parts;
    if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
    this.#parts.gate.pass();
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: before + prefix });
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key = '', Size = 0, LastModified } of Contents) {
          yield { key: Key.slice(before.length), bytes: Size, modified: LastModified?.getTime() ?? 0 };
        }
      }
    } catch (error) {
      throw engineError(this.#parts.engine, error);
    }
  }

  async delete(key: string): Promise<void> {
    const { client, bucket } = this.#parts;
    const Key = this.#key(key);
    await this.#ask(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })));
  }

  async close(): Promise<void> {
    await this.#parts.gate.close();
    this.#parts.client.destroy();
  }

  #key(key: string): string {
    checkKey(key);
    return this.#parts.prefix + key;
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    const { gate, engine } = this.#parts;
    gate.pass();
    try {
      return await request();
    } catch (error) {
      const why = engineError(engine, error);
      if (why.code !== 'HG_ENGINE_REFUSED') gate.doubt(why);
      throw why;
    }
  }
}
