import type { LatencyCounts } from '../../simulator/latencies.ts';
import type { RunReport } from '../../simulator/report.ts';
import type { Counts } from '../../simulator/stats.ts';

/** What a process with a simulation is started with; plain data. */
export interface SimulationSetup {
  readonly hosts: number;
  readonly series: number;
  readonly intervalMs: number;
  readonly instants: number;
  /** Lines a second, over all hosts. */
  readonly logs: number;
  /** Processes of the simulator. */
  readonly workers: number;
  readonly relay: { readonly host: string; readonly port: number };
  /** The authority's folder. */
  readonly ca: string;
  /** Asked afterwards whether all is there; null: nobody is. */
  readonly verify: string | null;
  /** Hosts whose values are compared; of the others samples are counted. */
  readonly verifyHosts: number;
}

/** To the process: the load has gone on for long enough. */
export type ToSimulation = { readonly do: 'start'; readonly setup: SimulationSetup } | { readonly do: 'stop' };

export interface SimulationProgress extends Counts {
  /** Since the start of the run, by bucket of the simulator. */
  readonly latencies: LatencyCounts;
}

export type FromSimulation =
  | { readonly progress: SimulationProgress }
  | { readonly said: string }
  | { readonly report: RunReport };
