import { expect, test } from '@jest/globals';
import type { StreamFeature } from '../../src/stream/feature.ts';
import { answerTo } from '../../src/stream/iq-answer.ts';
import { makeWorld, plainAuth, type Talk, type World } from './talk.ts';

const question = "<question xmlns='urn:example'/>";

/** Answers a question in an IQ of type get, and nothing else. */
const oracle: StreamFeature = {
  name: 'oracle',
  requires: [],
  forbids: ['authenticated'],
  accepts: [{ name: 'question', xmlns: 'urn:example', inIq: 'get' }],
  offer: () => null,
  negotiate(stream, iq) {
    stream.sendElement(answerTo(iq));
    return 'continue';
  },
};

async function opens(): Promise<{ world: World; talk: Talk }> {
  const world = await makeWorld();
  world.host.features.push(oracle);
  const talk = world.connect();
  await talk.opens();
  return { world, talk };
}

test('a feature takes its element in an IQ of the type that it names', async () => {
  const { talk } = await opens();
  talk.says(`<iq type='get' id='1'>${question}</iq>`);
  expect(await talk.hears('/>')).toBe('<iq type="result" id="1"/>');
  talk.says(`<iq type='get' id='2' to='example.com'>${question}</iq>`);
  expect(await talk.hears('/>')).toBe('<iq type="result" id="2"/>');
});

test.each([
  ['in an IQ of another type', `<iq type='set' id='1'>${question}</iq>`],
  ['in an IQ of no type', `<iq id='1'>${question}</iq>`],
  ['in an IQ to somebody else', `<iq type='get' id='1' to='juliet@example.com'>${question}</iq>`],
  ['beside another', `<iq type='get' id='1'>${question}${question}</iq>`],
  ['by itself', question],
])('it does not take it %s [RFC6120 4.9.3.12]', async (_, request) => {
  const { talk } = await opens();
  await talk.says(request).hearsError('not-authorized');
});

test('what has to stand by itself is not taken out of an IQ [RFC6120 6.4.2]', async () => {
  const { talk } = await opens();
  await talk.says(`<iq id='1'>${plainAuth()}</iq>`).hearsError('not-authorized');
});
