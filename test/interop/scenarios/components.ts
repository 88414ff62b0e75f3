import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { nbxmpp, slixmpp, xmppJs } from '../support/libraries.ts';
import { LineClient } from '../support/line-client.ts';
import { start } from '../support/process.ts';
import { type ComponentAccess, freshAccount } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

const SCRIPT = fileURLToPath(new URL('../clients/slixmpp-component.py', import.meta.url));

/** A component of slixmpp's, which sends back what clients of several libraries say to it. */
export const componentsScenario: Scenario = {
  name: 'components',
  async play({ target, check }) {
    const access = target.component;
    if (!access) return;
    await check('slixmpp', 'is refused as a component with another secret', async () => {
      const stranger = startComponent({ ...access, secret: 'wrong' });
      await stranger.sees('offline');
      await stranger.process.end();
    });
    const component = startComponent(access);
    await check('slixmpp', 'is let in as a component', async () => {
      await component.sees('online');
    });
    for (const library of [slixmpp, xmppJs, nbxmpp]) {
      const account = await freshAccount(target, 'friend');
      const client = library.connect(target, account);
      await client.sees('online');
      await check(library.name, 'speaks with a component', async () => {
        const [to, body] = [`bot@${access.domain}`, 'Hi & <ho> \u{1f43f}'];
        client.send({ do: 'message', to, body });
        await component.sees('message', { sender: account.address, to, body });
        await client.sees('message', { sender: to, body: `echo: ${body}` });
      });
      await check(library.name, 'asks a component what it is', async () => {
        const { features } = await client.query('disco', access.domain);
        assert.ok((features as string[]).includes('urn:xmpp:ping'));
        await client.query('ping', access.domain);
      });
      await client.quit();
    }
    for (const library of [slixmpp, xmppJs]) {
      await check(library.name, 'asleep, is told by a push service of what waits', async () => {
        const asleep = await freshAccount(target, 'asleep');
        const phone = library.connect(target, asleep);
        await phone.sees('online');
        await phone.ask({ do: 'push', jid: access.domain, node: 'phone' });
        await phone.quit();
        const friend = library.connect(target, await freshAccount(target, 'friend'));
        await friend.sees('online');
        friend.send({ do: 'message', to: asleep.address, body: 'Wake up' });
        const { node, values } = await component.sees('published', { sender: asleep.address });
        assert.equal(node, 'phone');
        assert.deepEqual(values, ['urn:xmpp:push:summary', 'New message']);
        await friend.quit();
      });
    }
    await component.process.end();
  },
};

function startComponent(access: ComponentAccess): LineClient {
  const running = start('/usr/bin/python3', ['-B', SCRIPT, JSON.stringify(access)]);
  return new LineClient(`component ${access.domain}`, running);
}
