import { z } from 'zod';
import { byteSize, duration } from '../../../lib/config/duration.ts';
import { yearConfig } from './year/config.ts';

/** VictoriaMetrics behind the metric store's port. */
export const victoriaMetricsConfig = z
  .strictObject({
    /** Where samples are written: one VictoriaMetrics, several (every series goes to `copies` of them), or a cluster's insert address with its path: http://vminsert:8480/insert/0/prometheus. */
    addresses: z.array(z.url()).min(1).default(['http://127.0.0.1:8428']),
    /** Where queries go, when not to where samples are written. A cluster's: http://vmselect:8481/select/0/prometheus. */
    query: z.url().optional(),
    /** A cluster's storage nodes, every one, by their HTTP address: whether one was started anew says whether it has what it was given. */
    storage: z.array(z.url()).default([]),
    /** A cluster's insert nodes, every one, by their HTTP address and not the balancer's: they answer before the storage nodes have it. */
    insert: z.array(z.url()).default([]),
    /** To how many of several addresses a series is written. */
    copies: z.int().min(1).default(2),
    /** Name for the engine's log-in (HTTP basic authentication), where it or a proxy before it asks for one; with `passwordFile`. */
    username: z.string().min(1).optional(),
    /** A file with the password, and nothing else in it. */
    passwordFile: z.string().min(1).optional(),
    /** PEM file of the authority that signed the engine's certificate, where it is a private one. */
    ca: z.string().min(1).optional(),
    /** The most samples in one request. */
    requestSamples: z.int().min(1).default(100_000),
    /** Requests that are under way to one address at a time. */
    requests: z.int().min(1).max(64).default(4),
    /** Bytes in memory of requests that are answered and not yet known to be on its disk: they are kept, compressed, to be sent again, with a KiB for each frame in them. More waits. */
    unconfirmedBytes: byteSize().prefault('256MiB'),
    /** What came by doors and is not on its disk yet, kept on ours. Full pushes back. */
    doorBytes: byteSize().prefault('1GiB'),
    /** How long the engine may take to answer. */
    timeout: duration().prefault('30s'),
    /** Windows of five minutes, kept for a year in another VictoriaMetrics; absent: none are made. */
    year: yearConfig.optional(),
  })
  .superRefine(({ addresses, query, storage, insert, copies }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const cluster = addresses.some((address) => new URL(address).pathname.includes('/insert/'));
    if (cluster && addresses.length > 1) {
      refuse('addresses', 'write one insert address of a cluster: put a proxy before several');
    }
    if (cluster && storage.length === 0) {
      refuse(
        'storage',
        'write the HTTP address of every storage node (http://vmstorage-1:8482): only they can say whether what was written is on their disks',
      );
    }
    if (cluster && insert.length === 0) {
      refuse(
        'insert',
        'write the HTTP address of every insert node (http://vminsert-1:8480): one that is killed loses what it had not handed on',
      );
    }
    if (!cluster && insert.length > 0) refuse('insert', 'is for a cluster, whose address has /insert/ in it');
    if (cluster && query === undefined) {
      refuse('query', "write the cluster's select address, such as http://vmselect:8481/select/0/prometheus");
    }
    if (!cluster && addresses.length > 1 && storage.length > 0) {
      refuse('storage', 'is for a cluster: several addresses are looked at each by itself');
    }
    if (!cluster && addresses.length > 1 && query === undefined) {
      refuse(
        'query',
        'write an address that asks all of `addresses` and merges what they have, such as a vmselect over them',
      );
    }
    if (addresses.length > 1 && copies > addresses.length) {
      refuse('copies', `is ${copies}, and there are ${addresses.length} addresses`);
    }
  });

export type VictoriaMetricsConfig = z.output<typeof victoriaMetricsConfig>;
