import { expect, test } from '@jest/globals';
import { makeWorld, plainAuth } from '../talk.ts';

test('[XEP-0478 3.1] the limits of the moment are told', async () => {
  const juliet = (await makeWorld()).connect();
  const told = (bytes: number) =>
    `<limits xmlns="urn:xmpp:stream-limits:0"><max-bytes>${bytes}</max-bytes>` +
    '<idle-seconds>300</idle-seconds></limits>';
  expect(await juliet.opens()).toContain(told(10_000));
  juliet.says(plainAuth());
  await juliet.hears('<success');
  expect(await juliet.opens()).toContain(told(262_144));
});
