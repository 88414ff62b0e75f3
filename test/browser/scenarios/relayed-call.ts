import { until } from '../../interop/support/poll.ts';
import { call, hangsUp, press } from '../support/call-page.ts';
import { flows, pathOf, WATCHED } from '../support/connections.ts';
import { startRelay } from '../support/relay.ts';
import { befriend, moveIn } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

/** Both hide their addresses, as the page's setting does. */
const HIDDEN = `${WATCHED} localStorage.setItem('epode.relay-only', 'true');`;

/** A call that goes through coturn alone, which the pages hear of from their server. */
export const relayedCallScenario: Scenario = {
  name: 'relayed-call',
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
    await hangsUp(juliet, romeo);
  },
};
