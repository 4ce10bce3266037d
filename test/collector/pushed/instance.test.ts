import { afterEach, expect, it } from 'vitest';
import { ThreeTiers } from '../../support/three-tiers.ts';

let tiers: ThreeTiers;
afterEach(() => tiers.close());

it('what a collector polls is of the device where its certificate says so, from its spool to the core', async () => {
  tiers = await ThreeTiers.open({}, { speaksFor: ['switch-*'] });
  const { pushed } = tiers.collector.collector;
  const now = Date.now();
  const granted = pushed.target({ job: 'snmp', instance: 'switch-7' });
  const other = pushed.target({ job: 'snmp', instance: 'router-1' });
  for (const target of [granted, other]) {
    target.row(now - 2000, (sink) => {
      sink.add('if_up', ['port', '1'], 1);
      sink.add('own_metric', ['instance', 'app-host'], 5);
      sink.add('goes', [], 1);
    });
  }
  const found = await tiers.awaits('if_up', 2);
  const labels = { __name__: 'if_up', job: 'snmp', port: '1', site: 'north' };
  expect(found.map((one) => one.labels)).toEqual(
    expect.arrayContaining([
      { ...labels, instance: 'switch-7' },
      { ...labels, instance: 'app-host', exported_instance: 'router-1' },
    ]),
  );
  expect(await tiers.query('own_metric')).toEqual([
    { labels: { __name__: 'own_metric', instance: 'app-host', job: 'snmp', site: 'north' }, value: 5 },
  ]);
  // The marker of a series that ended reaches the store: it is gone at once, not after five minutes.
  granted.row(now, (sink) => sink.add('if_up', ['port', '1'], 2));
  await tiers.awaits('if_up == 2');
  expect((await tiers.query('goes')).map((one) => one.labels.exported_instance)).toEqual(['router-1']);
});
