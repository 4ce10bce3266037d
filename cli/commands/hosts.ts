import type { Command } from 'commander';
import type { InventoryView } from '../../core/alerts/inventory/inventory.ts';
import type { Decommissioned } from '../../core/alerts/inventory/inventory-store.ts';
import { coreOption } from '../core-client.ts';

const ABOUT = `
Every host that was given a certificate, is listed, or was ever seen is expected: when it goes silent that is an alert
(docs/silent-hosts.md). One that was taken out of service is not missed. To say so takes a token:
  heliograph token create alice --scope alerts:write --data ./data/core
  export HELIOGRAPH_TOKEN=...

Example:
  heliograph hosts ls
  heliograph hosts decommission web-17 --note 'sold'
  heliograph hosts recommission web-17`;

interface Options {
  readonly core: string;
  readonly json?: boolean;
}

/** `heliograph hosts`: who is expected and silent, and who is out of service. */
export function addHostsCommand(program: Command): void {
  const hosts = program
    .command('hosts')
    .description('which hosts are missed; take one out of service')
    .addHelpText('after', ABOUT);
  const asking = (command: Command) =>
    command.addOption(coreOption()).option('--json', 'as JSON').addHelpText('after', ABOUT);

  asking(hosts.command('ls'))
    .description(
      'hosts that should be heard and are not, those out of service, and windows of maintenance that are open',
    )
    .action(async (options: Options) => {
      const [{ askCore, coreUrl }, { endQuietlyWithReader, say }, { hostsText }] = await Promise.all([
        import('../core-client.ts'),
        import('../terminal/output.ts'),
        import('../hosts/hosts-text.ts'),
      ]);
      endQuietlyWithReader();
      const { body, text } = await askCore<InventoryView>(coreUrl(options.core, '/api/v1/alerts/hosts'));
      say(options.json ? text : hostsText(body));
    });

  asking(hosts.command('decommission <name>'))
    .description('take a host or a relay out of service: its silence is no alert any more, and what fires of it ends')
    .option('--note <text>', 'why, for whoever looks for it later', '')
    .option('--force', 'also one that nobody knows: it was never seen, is not listed, and has no certificate', false)
    .action((name: string, options: Options & { note: string; force: boolean }) =>
      tell('POST', name, options, { note: options.note, ...(options.force ? { force: true } : {}) }),
    );

  asking(hosts.command('recommission <name>'))
    .description('expect it again')
    .action((name: string, options: Options) => tell('DELETE', name, options));
}

async function tell(method: 'POST' | 'DELETE', name: string, options: Options, body?: object): Promise<void> {
  const [{ coreUrl, tellCore }, { orderToken }, { say }] = await Promise.all([
    import('../core-client.ts'),
    import('../order-token.ts'),
    import('../terminal/output.ts'),
  ]);
  const url = coreUrl(options.core, `/api/v1/alerts/hosts/${encodeURIComponent(name)}/decommission`);
  const token = orderToken('alerts:write');
  const answer = await tellCore<Partial<Decommissioned>>(url, method, { token, ...(body ? { body } : {}) });
  if (options.json) say(answer.text);
  else say(method === 'POST' ? `${name} is out of service, as ${answer.body.by} says` : `${name} is expected again`);
}
