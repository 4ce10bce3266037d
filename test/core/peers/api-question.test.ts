import { expect, test } from 'vitest';
import { type ApiAnswer, type ApiQuestion, askForAlerts } from '../../../core/peers/api-question.ts';
import { HeliographError } from '../../../lib/errors.ts';

const GET: ApiQuestion = { method: 'GET', path: '/api/v1/alerts?q=x', authorization: null, body: null };
const POST: ApiQuestion = { ...GET, method: 'POST', path: '/api/v1/alerts/silences', body: '{}' };
const asked: string[] = [];
const peer = (name: string, answers: ApiAnswer | null | HeliographError) => ({
  askApi: async () => {
    asked.push(name);
    if (answers instanceof HeliographError) throw answers;
    return answers;
  },
});
const answer = (text: string): ApiAnswer => ({ status: 200, type: 'application/json', text });
const away = (heard: boolean) => new HeliographError('HG_PEER', '10.0.0.1:9473: no answer', { heard });
const names = () => asked.splice(0).join(' ');

test('the first that has alerts answers; one without them, or that is away, leaves it to the next', async () => {
  const peers = [peer('a', null), peer('b', away(true)), peer('c', answer('c')), peer('d', answer('d'))];
  expect(await askForAlerts(peers, GET)).toEqual(answer('c'));
  expect(names()).toBe('a b c');
});

test('what somebody does is not said to a second one when the first may have heard it', async () => {
  await expect(askForAlerts([peer('a', away(true)), peer('b', answer('b'))], POST)).rejects.toThrow('HG_PEER');
  expect(names()).toBe('a');
  expect(await askForAlerts([peer('a', away(false)), peer('b', answer('b'))], POST)).toEqual(answer('b'));
  expect(names()).toBe('a b');
});

test('where nobody has them it says so; where who may have them is away, that', async () => {
  await expect(askForAlerts([peer('a', null)], GET)).rejects.toThrow(/HG_API_ALERTS.*peers\.ask/);
  await expect(askForAlerts([peer('a', null), peer('b', away(false))], GET)).rejects.toThrow(/HG_PEER.*10\.0\.0\.1/);
});
