import type { MetricQueries, QueryData, QueryOptions } from '../ports/metric-store.ts';

/** `query` and `queryRange` of whoever can `answer`: the same, read. */
export abstract class AnsweredQueries implements Pick<MetricQueries, 'query' | 'queryRange' | 'answer'> {
  abstract answer(...question: Parameters<MetricQueries['answer']>): ReturnType<MetricQueries['answer']>;

  async query(expression: string, time: number, options: QueryOptions): Promise<QueryData> {
    return parsed(await this.answer(expression, time, options, 0));
  }

  async queryRange(
    expression: string,
    start: number,
    end: number,
    step: number,
    options: QueryOptions,
  ): Promise<QueryData> {
    return parsed(await this.answer(expression, { start, end, step }, options, 0));
  }
}

function parsed({ json }: { json: Uint8Array }): QueryData {
  return JSON.parse(new TextDecoder().decode(json)) as QueryData;
}
