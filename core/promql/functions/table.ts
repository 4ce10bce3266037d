import { CHANGE_FUNCTIONS } from './changes.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import type { FunctionDefinition } from './definition.ts';
import { HISTOGRAM_FUNCTIONS } from './histogram.ts';
import { INFO_FUNCTIONS } from './info.ts';
import { LABEL_FUNCTIONS } from './labels.ts';
import { MATH_FUNCTIONS } from './math.ts';
import { OVER_TIME_FUNCTIONS } from './over-time.ts';
import { QUERY_FUNCTIONS } from './query-context.ts';
import { RATE_FUNCTIONS } from './rate.ts';
import { REGRESSION_FUNCTIONS } from './regression.ts';
import { SMOOTHING_FUNCTIONS } from './smoothing.ts';
import { SORT_FUNCTIONS } from './sort.ts';
import { VECTOR_FUNCTIONS } from './vector.ts';

/** Every function that is supported, by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  Object.entries({
    ...RATE_FUNCTIONS,
    ...OVER_TIME_FUNCTIONS,
    ...CHANGE_FUNCTIONS,
    ...REGRESSION_FUNCTIONS,
    ...MATH_FUNCTIONS,
    ...VECTOR_FUNCTIONS,
    ...SORT_FUNCTIONS,
    ...SMOOTHING_FUNCTIONS,
    ...QUERY_FUNCTIONS,
    ...INFO_FUNCTIONS,
    ...HISTOGRAM_FUNCTIONS,
    ...LABEL_FUNCTIONS,
    ...DATE_FUNCTIONS,
  }),
);
