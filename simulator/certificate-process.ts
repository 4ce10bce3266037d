/** A process of its own that completes blocks of certificates, and says so after each. */
import { type CertificateWork, fillBlock } from './certificates.ts';

const { folder, now, blocks } = JSON.parse(process.argv[2]!) as CertificateWork;
process.on('disconnect', () => process.exit(1));
for (const [at, { block, count }] of blocks.entries()) {
  await fillBlock(folder, block, count, now);
  process.send!(at);
}
process.exit(0);
