/** A process of its own that completes one block of certificates: authority, block, count, now. */
import { fillBlock } from './certificates.ts';

const [authority, block, count, now] = process.argv.slice(2) as [string, string, string, string];
process.on('disconnect', () => process.exit(1));
await fillBlock(authority, Number(block), Number(count), Number(now));
process.exit(0);
