import { X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createAuthority, openAuthority, readPem } from '../../lib/certificates/authority.ts';
import { grantsOf } from '../../lib/certificates/grants.ts';
import type { CertificateRole } from '../../lib/certificates/names.ts';
import { normalSerial, REVOKED_FILE, readRevoked, revoke } from '../../lib/certificates/revocation.ts';

const EXAMPLE = `
Example:
  heliograph ca init --dir ./ca
  heliograph ca issue relay-1 --role relay --host relay-1.example --host 10.0.0.7 --dir ./ca
  heliograph ca issue web-17 --role collector --days 90 --dir ./ca
  heliograph ca issue snmp-1 --role collector --speaks-for 'switch-*' --dir ./ca
  heliograph ca revoke web-17 --dir ./ca      # then copy ca/revoked.txt to the relays`;

interface IssueOptions {
  readonly dir: string;
  readonly role: CertificateRole;
  readonly host: string[];
  readonly days: number;
  readonly speaksFor: string[];
}

/** `heliograph ca init|issue|revoke|ls`: certificates for a fleet, in a folder. */
export function addCaCommand(program: Command): void {
  const ca = program.command('ca').description('make and revoke certificates').addHelpText('after', EXAMPLE);
  const directory = () => new Option('--dir <folder>', 'where the authority lives').default('./ca');

  ca.command('init')
    .description('make a certificate authority (an existing one is kept)')
    .addOption(directory())
    .option('--days <days>', 'how long it is good', days, 3650)
    .addHelpText('after', EXAMPLE)
    .action(async (options: { dir: string; days: number }) => {
      await createAuthority(options.dir, Date.now(), options.days);
      console.log(`${join(options.dir, 'ca.pem')}  (keep ${join(options.dir, 'ca.key')} to yourself)`);
    });

  ca.command('issue <name>')
    .description('issue a certificate and key for a host, a relay or a core')
    .addOption(directory())
    .addOption(
      new Option('--role <role>', 'what it may be used for')
        .choices(['collector', 'relay', 'core'])
        .makeOptionMandatory(),
    )
    .option(
      '--host <name-or-address...>',
      'names and addresses that others reach it under (relays and cores need them)',
      [],
    )
    .option(
      '--speaks-for <instance...>',
      "whose series it may send beside its own, '*' for any characters: devices that a collector polls, targets that it scrapes",
      [],
    )
    .option('--days <days>', 'how long it is good', days, 365)
    .addHelpText('after', EXAMPLE)
    .action(async (name: string, options: IssueOptions) => {
      const authority = await openAuthority(options.dir, Date.now());
      const { role, host: hosts, days: good, speaksFor } = options;
      const files = await authority.issue({ name, role, hosts, days: good, speaksFor });
      console.log(`${files.cert}\n${files.key}`);
      if (options.role !== 'collector' && options.host.length === 0) {
        console.error('heliograph: without --host no client will accept this name as a server');
      }
    });

  ca.command('revoke <name>')
    .description(`put a certificate on the deny list, ${REVOKED_FILE}`)
    .addOption(directory())
    .addHelpText('after', EXAMPLE)
    .action((name: string, options: { dir: string }) => {
      const serial = revoke(options.dir, name, Date.now());
      console.log(`${serial} is on ${join(options.dir, REVOKED_FILE)}`);
    });

  ca.command('ls')
    .description('list what was issued')
    .addOption(directory())
    .option('--json', 'as JSON lines')
    .action((options: { dir: string; json?: boolean }) => {
      const revoked = readRevoked(join(options.dir, REVOKED_FILE));
      for (const file of readdirSync(options.dir)
        .filter((entry) => entry.endsWith('.pem'))
        .sort()) {
        const certificate = new X509Certificate(readPem(join(options.dir, file)));
        const subject = Object.fromEntries(
          certificate.subject.split('\n').map((part) => part.split('=') as [string, string]),
        );
        const row = {
          name: subject.CN ?? '',
          role: subject.OU ?? 'ca',
          serial: normalSerial(certificate.serialNumber),
          speaks_for: grantsOf(certificate.subjectAltName),
          not_after: certificate.validToDate.toISOString(),
          state: revoked.has(normalSerial(certificate.serialNumber))
            ? 'revoked'
            : certificate.validToDate.getTime() < Date.now()
              ? 'expired'
              : 'good',
        };
        console.log(
          options.json
            ? JSON.stringify(row)
            : `${row.name.padEnd(24)} ${row.role.padEnd(10)} ${row.state.padEnd(8)} until ${row.not_after}  ${row.serial}${row.speaks_for.length > 0 ? `  speaks for ${row.speaks_for.join(' ')}` : ''}`,
        );
      }
    });
}

function days(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0 || number > 36_500)
    throw new InvalidArgumentError('give a number of days between 0 and 36500, such as 90');
  return number;
}
