import { until } from '../../interop/support/poll.ts';
import { call, hangsUp, press } from '../support/call-page.ts';
import { flows, pathOf, WATCHED } from '../support/connections.ts';
import { startRelay } from '../support/relay.ts';
import { befriend, moveIn, type Resident } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

/** Browsers are patient, in milliseconds. */
const RESTART_MS = 60_000;

/** Both hide their addresses, as the page's setting does. */
const HIDDEN = `${WATCHED} localStorage.setItem('epode.relay-only', 'true');`;

/** A call that goes through coturn alone, which the pages hear of from their server. */
export const relayedCallScenario: Scenario = {
  name: 'relayed-call',
  timeoutMs: 150_000,
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) =>
      stage.check('relayed-call', what, body);
    const relay = await startRelay(stage.folder);
    const { host, port, secret } = relay;
    const services = [{ type: 'turn', host, port, transport: 'udp' }];
    const site = await stage.startAnother({
      modules: { 'external-services': { secret, services } },
    });
    const juliet = await moveIn({ ...stage, site }, 'juliet', { before: HIDDEN });
    const romeo = await moveIn({ ...stage, site }, 'romeo', { before: HIDDEN });
    await befriend(juliet, romeo);
    await check('sound and picture go through the relay [XEP-0215 3.2]', async () => {
      await call(juliet, romeo, 'Video call');
      await press(romeo, 'Answer with video');
      for (const each of [juliet, romeo]) {
        await flows(each, 'video');
        await flows(each, 'audio');
      }
    });
    await check('neither tells the other where it is', async () => {
      for (const each of [juliet, romeo]) {
        const path = (await pathOf(each)).join(' to ');
        if (path !== 'relay to relay') throw new Error(`${each.name}: ${path}`);
        if (/<candidate [^>]*type=.(host|srflx)/.test(each.transcript))
          throw new Error(`${each.name} has told its address`);
      }
    });
    await check('the relay has seen both, by names that are no addresses', async () => {
      await until('two allocations', () => {
        return relay.log().match(/ALLOCATE processed, success/g)?.length;
      });
      if (relay.log().includes(juliet.account.user)) throw new Error('it knows a name');
    });
    await check('where its way is gone, the call finds another [XEP-0176 5.9]', async () => {
      const before = await Promise.all([fragmentOf(juliet), fragmentOf(romeo)]);
      await relay.restart();
      for (const each of [juliet, romeo]) {
        const isAnew = async () =>
          !before.includes(await fragmentOf(each)) && (await isConnected(each));
        await until(`${each.name} is connected anew`, isAnew, RESTART_MS);
        await flows(each, 'video');
        await flows(each, 'audio');
        await each.page.getByRole('timer').waitFor();
        if (!/<candidate [^>]*generation="1"/.test(each.transcript))
          throw new Error(`${each.name} has told no second generation of candidates`);
      }
    });
    await hangsUp(juliet, romeo);
  },
};

/** What the peer's candidates are known by: RFC 8839 §5.4. */
async function fragmentOf({ page }: Resident): Promise<string> {
  return await page.evaluate(() => {
    const { sdp = '' } = window.connections.at(-1)?.currentRemoteDescription ?? {};
    return /a=ice-ufrag:(\S+)/.exec(sdp)?.[1] ?? '';
  });
}

async function isConnected({ page }: Resident): Promise<boolean> {
  return await page.evaluate(() => window.connections.at(-1)?.connectionState === 'connected');
}
