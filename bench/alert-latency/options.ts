import { PREFIX, USUAL_HOSTS } from '../settings.ts';

/** What is run, all of it by environment. */
export interface AlertLatencyOptions {
  readonly hosts: number;
  /** How often each collector is killed, and its network pulled. */
  readonly kills: number;
  readonly pulls: number;
  /** The network is pulled by taking the link of a namespace down; else by a proxy that passes nothing any more. */
  readonly link: boolean;
  /** Minutes of samples that wait at the relay when the core comes; 0: none do. */
  readonly backlogMin: number;
  readonly store: 'embedded' | 'victoriametrics';
  /** Part of the time that the store may work; 1: all of it. */
  readonly storeShare: number;
}

/** @throws TypeError that names the variable and what it may be */
export function alertLatencyOptions(env: NodeJS.ProcessEnv): AlertLatencyOptions {
  const number = (name: string, otherwise: number, least: number, most = Number.POSITIVE_INFINITY): number => {
    const value = Number(env[PREFIX + name] ?? otherwise);
    if (value >= least && value <= most) return value;
    throw new TypeError(`${PREFIX}${name} is ${env[PREFIX + name]}; give a number from ${least} to ${most}`);
  };
  const store = env[`${PREFIX}STORE`] ?? 'embedded';
  if (store !== 'embedded' && store !== 'victoriametrics') {
    throw new TypeError(`${PREFIX}STORE is ${store}; give embedded or victoriametrics`);
  }
  return {
    hosts: number('HOSTS', USUAL_HOSTS['alert-latency'], 1),
    kills: number('KILLS', 5, 1),
    pulls: number('PULLS', 3, 1),
    link: env[`${PREFIX}LINK`] === '1',
    backlogMin: number('BACKLOG_MIN', 0, 0, 600),
    store,
    storeShare: number('STORE_SHARE', 1, 0.1, 1),
  };
}
