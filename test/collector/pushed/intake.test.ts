import { describe, expect, it } from 'vitest';
import { SeriesRules } from '../../../collector/core/sampling/series-rules.ts';
import { NO_LABELS, type SampleSink } from '../../../collector/core/sources/source.ts';
import { collectorConfig } from '../../../collector/node/config.ts';
import { addToDistribution, startDistribution } from '../../../lib/distribution.ts';
import { nodeRelabeler } from '../../../lib/relabel/node-relabeler.ts';
import { pushedIntake } from '../../support/pushed-samples.ts';

const row = (values: Readonly<Record<string, number>>) => (sink: SampleSink) => {
  for (const [name, value] of Object.entries(values)) sink.add(name, NO_LABELS, value);
};

describe('rows of a target', () => {
  it('carry its job, its labels and the configured ones, at their own instant', () => {
    const { intake, take, host } = pushedIntake();
    const now = host.now();
    const target = intake.target({ job: 'snmp', labels: { module: 'if_mib' } });
    expect(
      target.row(now - 500, (sink) => {
        sink.add('ifHCInOctets', ['ifName', 'ge-0', 'ifIndex', '3'], 7);
        sink.add('own', ['job', 'mine', 'dc', ''], 1);
      }),
    ).toMatchObject({ taken: 2, added: 2, dropped: 0, refused: {} });
    expect(take()).toEqual([
      `ifHCInOctets{dc=north,ifIndex=3,ifName=ge-0,job=snmp,module=if_mib} ${now - 500} 7`,
      `own{job=mine,module=if_mib} ${now - 500} 1`,
    ]);
  });

  it('end a series that is not there any more with one stale marker, and all of them when the target goes', () => {
    const { intake, take, settle, host } = pushedIntake();
    const now = host.now();
    const target = intake.target({ job: 'j' });
    target.row(now, row({ a: 1, b: 2 }));
    target.row(now + 10, row({ a: 3 }));
    target.row(now + 20, row({ a: 4 }));
    settle();
    take();
    target.row(now + 30, row({ b: 5 }));
    expect(take()).toEqual([`a{dc=north,job=j} ${now + 30} stale`, `b{dc=north,job=j} ${now + 30} 5`]);
    intake.remove(target);
    settle();
    expect(take()).toEqual([`b{dc=north,job=j} ${now + 31} stale`]);
    expect(intake.series).toBe(0);
  });

  it('never go back in time, nor ahead of the clock, but for a clock that was set', () => {
    const { intake, take, refused, host, machine, settle } = pushedIntake();
    const now = host.now();
    const target = intake.target({ job: 'j' });
    target.row(now, row({ a: 1 }));
    expect(target.row(now, row({ a: 2 })).taken).toBe(1);
    machine.setClock(now - 300_000);
    expect(target.row(now - 300_000, row({ a: 2 })).taken).toBe(1);
    expect(target.lastRow).toBe(now + 2);
    machine.setClock(now);
    expect(target.row(now + 600_001, row({ a: 3 })).refused).toEqual({ future: 1 });
    expect(target.row(Number.NaN, row({ a: 3 })).refused).toEqual({ future: 1 });
    expect(target.row(now + 3, (sink) => [1, 2].map((v) => sink.add('a', NO_LABELS, v))).refused).toEqual({
      duplicate: 1,
    });
    target.row(now + 500_000, row({ a: 5 }));
    machine.setClock(now - 3_600_000);
    expect(target.row(now - 3_600_000, row({ a: 6 })).taken).toBe(1);
    settle();
    expect(take().at(0)).toBe(`a{dc=north,job=j} ${now - 3_600_000} 6`);
    expect(refused).toEqual({ future: 2, duplicate: 1 });
  });

  it('are bounded by the target and by the intake, and what is over is counted', () => {
    const { intake, refused } = pushedIntake({ seriesLimit: 5 });
    const target = intake.target({ job: 'small', seriesLimit: 3 });
    const now = 1_000_000;
    expect(target.row(now, row({ a: 1, b: 2, c: 3, d: 4 }))).toMatchObject({ taken: 3, refused: { series_limit: 1 } });
    const other = intake.target({ job: 'other' });
    expect(other.row(now, row({ a: 1, b: 2, c: 3, d: 4 }))).toMatchObject({ taken: 2, refused: { series_limit: 2 } });
    expect(refused).toEqual({ series_limit: 3 });
    expect([...intake.jobs.get('other')!.refused]).toEqual([['series_limit', 2]]);
    intake.remove(target);
    expect(other.row(now + 1, row({ a: 1, b: 2, c: 3, d: 4 }))).toMatchObject({ taken: 4, added: 2 });
  });

  it('are bounded by what their labels weigh, too', () => {
    const { intake } = pushedIntake({ seriesLimit: 10 });
    const target = intake.target({ job: 'j' });
    const heavy = (sink: SampleSink) => {
      for (let i = 0; i < 5; i++) sink.add('a', ['n', `${i}`.padEnd(4000, 'x')], i);
    };
    expect(target.row(1000, heavy)).toMatchObject({ taken: 2, refused: { series_limit: 3 } });
    intake.remove(target);
    expect(intake.target({ job: 'k' }).row(1000, heavy).taken).toBe(2);
  });

  it('leave out what no page can have and send the rest, also where labels are too large together', () => {
    const { intake, samples, settle } = pushedIntake();
    const long = 'ä'.repeat(3000);
    const target = intake.target({ job: 'j' });
    const pushed = target.row(1000, (sink) => {
      for (let i = 0; i < 100; i++) sink.add('a', ['n', `${i}`, 'text', 'x'.repeat(4000)], i);
      sink.add('b', ['text', long], 1);
      sink.add('', [], 1);
      sink.add('c', ['x'.repeat(300), 'v'], 1);
    });
    expect(pushed).toMatchObject({ taken: 100, refused: { unsendable: 1, labels: 2 } });
    settle();
    expect(samples.length).toBe(100);
    expect(target.row(2000, (sink) => sink.add('b', ['text', long], 1)).refused).toEqual({ unsendable: 1 });
  });

  it('are masked, and go through relabel', () => {
    const { relabel } = collectorConfig.shape;
    const rules = new SeriesRules(
      nodeRelabeler(
        relabel.parse([
          { source_labels: ['__name__'], regex: 'noise', action: 'drop' },
          { source_labels: ['instance'], regex: '(.*):.*', target_label: 'gear' },
        ]),
        'metrics',
      ),
    );
    const { intake, take, refused } = pushedIntake({
      rules,
      speaker: { name: 'host-1', mayName: (name) => name.startsWith('switch-') },
    });
    const target = intake.target({ job: 'j', instance: 'switch-1:161' });
    target.row(1000, (sink) => {
      sink.add('noise', NO_LABELS, 1);
      sink.add('a', ['card', '4111111111111111', 'site', 's', '@instance', 'forged'], 1);
    });
    expect(take()).toEqual([
      'a{@instance=switch-1:161,_instance=forged,card=****************,dc=north,exported_exported_site=s,gear=switch-1,job=j} 1000 1',
    ]);
    expect(refused).toEqual({ relabel: 1 });
  });
});

describe('whom a series is of', () => {
  it('is the instance where that is granted, an exported one where not, and nobody where it is the host itself', () => {
    const speaker = { name: 'host-1', mayName: (name: string) => name === 'gear' };
    const { intake, take } = pushedIntake({ speaker });
    const target = intake.target({ job: 'j', instance: 'gear' });
    target.row(1000, (sink) => {
      sink.add('a', NO_LABELS, 1);
      sink.add('b', ['instance', 'other'], 2);
      sink.add('c', ['instance', 'host-1'], 3);
    });
    expect(take()).toEqual([
      'a{@instance=gear,dc=north,job=j} 1000 1',
      'b{dc=north,exported_instance=other,job=j} 1000 2',
      'c{dc=north,job=j} 1000 3',
    ]);
  });
});

describe('a target that any process can push to', () => {
  const speaker = { name: 'host-1', mayName: (name: string) => name.startsWith('switch-') };
  const forged = (sink: SampleSink) => {
    sink.add('node_load1', ['job', 'node'], 99);
    sink.add('up', ['job', 'snmp', 'instance', 'switch-7', 'exported_job', 'x'], 0);
    sink.add('b', ['instance', 'host-1', 'job', 'shop'], 1);
    sink.add('heliograph_collector_connected', ['job', 'heliograph'], 0);
  };
  const sent = [
    'b{dc=north,job=shop} 1000 1',
    'node_load1{dc=north,exported_job=node,job=statsd} 1000 99',
    'up{dc=north,exported_exported_job=snmp,exported_instance=switch-7,exported_job=x,job=statsd} 1000 0',
  ];

  it('passes for nothing that the collector finds out itself, whatever it is granted', () => {
    const { intake, take, refused } = pushedIntake({ speaker });
    intake.target({ job: 'statsd', open: true }).row(1000, forged);
    expect(take()).toEqual(sent);
    expect(refused).toEqual({ reserved: 1 });
  });

  it('does not with rules, either; what the collector scrapes goes through them under any name', () => {
    const rules = new SeriesRules(nodeRelabeler([], 'metrics'));
    const { intake, take } = pushedIntake({ speaker, rules });
    intake.target({ job: 'statsd', open: true }).row(1000, forged);
    expect(take()).toEqual(sent);
    intake.target({ job: 'hg', instance: 'other' }).row(1000, (sink) => sink.add('heliograph_collector_up', [], 1));
    expect(take()).toEqual(['heliograph_collector_up{dc=north,exported_instance=other,job=hg} 1000 1']);
  });
});

describe('samples with instants of their own', () => {
  it('come in any order, end only where one says so, and are told when they are in the spool', () => {
    const { intake, take, settle, host } = pushedIntake();
    const now = host.now();
    const target = intake.target({ job: 'j' });
    const told: unknown[] = [];
    const of = (name: string, time: number, value: number, ended = false) => ({
      ...{ name, labels: NO_LABELS, time, value, ended },
    });
    const samples = Array.from({ length: 40 }, (_, i) => of('a', now - i, i));
    expect(target.samples([...samples, of('b', now - 7, 1)], (error) => told.push(error))).toMatchObject({
      taken: 41,
      added: 2,
    });
    expect(told).toEqual([]);
    settle();
    expect(told).toEqual([null]);
    const sent = take();
    expect(sent.length).toBe(41);
    expect(sent).toContain(`a{dc=north,job=j} ${now - 39} 39`);
    expect(target.samples([of('a', now - 3, 1), of('b', now + 1, 0, true), of('b', now + 1, 2)])).toMatchObject({
      taken: 1,
      refused: { disordered: 1, duplicate: 1 },
    });
    settle();
    expect(take()).toEqual([`b{dc=north,job=j} ${now + 1} stale`]);
  });

  it('are refused and told so while the disk takes nothing', () => {
    const { intake, refused, settle, frames } = pushedIntake({ queueBytes: 10_000 });
    const target = intake.target({ job: 'j' });
    const codes: unknown[] = [];
    for (let i = 1; codes.length === 0; i++) {
      const samples = Array.from({ length: 100 }, (_, n) => ({
        ...{ name: 'a', labels: ['n', `${n}`], time: i, value: Math.random() },
      }));
      target.samples(samples, (error) => error && codes.push(error.code));
      if (i > 1000) throw new Error('never full');
    }
    expect(codes).toEqual(['HG_COLLECTOR_BUSY']);
    expect(refused).toEqual({ disk: 100 });
    expect(frames.length).toBe(4);
    settle();
    expect(target.row(1e6, row({ b: 1 })).taken).toBe(1);
  });
});

describe('sketches of a target', () => {
  const plan = { quantiles: [0.5], bounds: [], plain: [] };
  const of = (name: string, labels: string[], ...values: number[]) => {
    const distribution = startDistribution(0);
    for (const value of values) addToDistribution(distribution, value, []);
    return { name, labels, distribution };
  };

  it('are labelled as its series are, go forward in time, and are told when they are in the spool', () => {
    const { intake, frames, settle, host } = pushedIntake({ seriesLimit: 2 });
    const target = intake.target({ job: 'statsd' });
    const told: unknown[] = [];
    const end = host.now();
    const window = { rule: 'host', end, plan };
    const some = [
      of('b', [], 1),
      of('a', ['card', '4111111111111111'], 2, 3),
      of('c', [], 1),
      of('a', ['card', '4111111111111111'], 4),
    ];
    expect(target.sketches(window, some, (error) => told.push(error))).toMatchObject({
      taken: 3,
      refused: { series_limit: 1 },
    });
    settle();
    expect(told).toEqual([null]);
    const [frame] = frames;
    if (frame?.kind !== 'sketches') throw new Error('sketches');
    expect(frame.count).toBe(2);
    expect(frame.window).toMatchObject({ rule: 'host', worker: null, end, lateness: 0, quantiles: [0.5] });
    const labels = [
      ['card', '****************'],
      ['dc', 'north'],
      ['job', 'statsd'],
    ];
    expect(frame.window.groups[0]).toMatchObject({
      series: { name: 'a', labels },
      distribution: { sketch: { count: 3 } },
    });
    expect(target.sketches(window, some).refused).toMatchObject({ disordered: 3 });
    intake.remove(target);
    expect(intake.series).toBe(0);
  });

  it('are cut into frames where they are many', () => {
    const { intake, frames, settle, host } = pushedIntake({ seriesLimit: 1000 });
    const target = intake.target({ job: 'statsd' });
    target.sketches(
      { rule: 'host', end: host.now(), plan },
      Array.from({ length: 600 }, (_, i) => of('a', ['n', `${i}`], i)),
    );
    settle();
    expect(frames.map(({ kind, count }) => [kind, count])).toEqual([
      ['sketches', 256],
      ['sketches', 256],
      ['sketches', 88],
    ]);
  });
});
