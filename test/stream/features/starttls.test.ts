import { expect, test } from '@jest/globals';
import { makeWorld, STARTTLS } from '../talk.ts';

test('[RFC6120 5.4.2.2] a host without certificate offers no TLS and refuses it', async () => {
  const world = await makeWorld();
  Object.assign(world.host, { secureContext: null });
  const juliet = world.connect();
  expect(await juliet.opens()).not.toContain('<starttls');
  juliet.says(STARTTLS);
  expect(await juliet.hearsTheEnd()).toBe(
    '<failure xmlns="urn:ietf:params:xml:ns:xmpp-tls"/></stream:stream>',
  );
});
