import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../../lib/config/load.ts';
import type { JournalRecord } from '../../../lib/journal/contract.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { openFrame } from '../../../proto/frame.ts';
import { decodeSections, namedDefinitions } from '../../../proto/metrics-body.ts';
import { relayConfig } from '../../../relay/config.ts';
import { DecodedDefinitions } from '../../../relay/decoded-definitions.ts';
import { DefinitionStore } from '../../../relay/definitions.ts';
import { openJournals } from '../../../relay/journals.ts';
import type { FrameRecord } from '../../../relay/record.ts';
import { MetricStage } from '../../../relay/shape/metric-stage.ts';
import type { NamedJudge } from '../../../relay/shape/page-plan.ts';
import type { Shaped } from '../../../relay/shape/stage.ts';
import type { SentPage } from '../rollup/samples.ts';
import { BOOT } from '../setup.ts';

/** A stage over a real store of definitions, without the relay around it. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'stage-'));
  readonly errors: string[] = [];
  stage!: MetricStage;
  store!: DefinitionStore;
  #close!: () => Promise<void>;

  async open(judges: readonly NamedJudge[], limits = { bytesPerHost: 1 << 24, countPerHost: 1000 }): Promise<this> {
    const settings = {
      name: 'r1',
      dataDir: this.directory,
      tls: { ca: '-', cert: '-', key: '-' },
      cores: ['localhost:1'],
    };
    const config = parseConfig('test.yaml', JSON.stringify(settings), relayConfig);
    const { journal, definitions } = await openJournals(config, {
      files: nodeFiles,
      now: Date.now,
      log: silentLog,
      onDrop: () => undefined,
    });
    this.store = await DefinitionStore.open(definitions, limits, Date.now, { floor: () => 0, end: () => 0 });
    this.stage = new MetricStage({
      relay: 'r1',
      site: 'north',
      store: this.store,
      definitions: new DecodedDefinitions(this.store),
      inputs: null,
      judges,
      onError: (judge, error) => this.errors.push(`${judge}: ${error}`),
      metrics: new Registry(),
    });
    this.#close = async () => {
      await journal.close();
      await definitions.close();
      rmSync(this.directory, { recursive: true, force: true });
    };
    return this;
  }

  define(host: string, page: SentPage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.store.add(host, page.content, (error) => (error ? reject(error) : resolve()));
    });
  }

  async shape(host: string, frame: Uint8Array): Promise<Shaped | null> {
    const { header, sections } = openFrame(frame);
    const { sequence } = header;
    const record: FrameRecord = {
      ...{ host, received: 0, skew: 0, boot: BOOT, sequence, frame },
      definitions: namedDefinitions(sections),
    };
    const [shaped] = await this.stage.shape([{ start: 0, end: 1 } as JournalRecord], [record]);
    return shaped!;
  }

  /** As name{labels}@time: value; NaN with its bits. */
  async samples({ record }: Shaped): Promise<Record<string, number | string>> {
    const { sections } = openFrame(record.frame);
    const found: Record<string, number | string> = {};
    for (const section of sections) {
      const definitions = new DecodedDefinitions(this.store);
      await definitions.load(record.host, section);
      const { series } = definitions.page(section.page)!;
      const [{ n, times, values, present }] = decodeSections([section], definitions) as [never] as [
        ReturnType<typeof decodeSections>[number],
      ];
      const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
      for (let at = 0; at < values.length; at++) {
        if (present?.[at] === 0) continue;
        const { name, labels } = series[at % n]!;
        const text = labels.map(([label, value]) => `${label}=${value}`).join();
        const value = values[at]!;
        const key = `${name}{${text}}@${times[Math.floor(at / n)]}`;
        if (key in found) throw new Error(`${key} twice`);
        found[key] = Number.isNaN(value) ? bits[at]!.toString(16) : value;
      }
    }
    return found;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
