import { expect, test } from 'vitest';
import { BulkAnswers } from '../../../core/engines/opensearch/bulk-answers.ts';

test('the items of an answer without errors are not read, and all others are', () => {
  const answers = new BulkAnswers();
  expect(answers.deserialize('{"took":12,"errors":false,"items":[broken')).toEqual({ took: 12, errors: false });
  const items = [{ create: { status: 409 } }];
  expect(answers.deserialize(JSON.stringify({ took: 1, errors: true, items }))).toEqual({
    took: 1,
    errors: true,
    items,
  });
  expect(answers.deserialize('{"errors":false}')).toEqual({ errors: false });
});
