import { xmppJs } from '../support/libraries.ts';
import { freshAccount } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** A client comes back by a token that it was given (XEP-0484), and again. */
export const tokensScenario: Scenario = {
  name: 'tokens',
  async play({ target, check }) {
    const account = await freshAccount(target, 'comeback');
    const logged = target.log().length;
    const client = xmppJs.connect(target, account);
    await check(xmppJs.name, 'signs in with a password, then with a token', async () => {
      await client.sees('online');
      for (let time = 0; time < 2; time++) {
        client.send({ do: 'return' });
        await client.sees('online');
      }
      const ways = mechanismsIn(target.log().slice(logged)).join(', ');
      const wanted = 'SCRAM-SHA-1, HT-SHA-256-NONE, HT-SHA-256-NONE';
      if (ways !== wanted) throw new Error(`signed in with ${ways}`);
    });
    await check(xmppJs.name, 'does with a token what others do', async () => {
      await client.roster();
      await client.query('ping', target.domain);
    });
    await client.quit();
  },
};

/** With what people have signed in, as the log of the server has it. */
function mechanismsIn(log: string): string[] {
  const lines = log.split('\n').filter((line) => line.endsWith('"signed in"}'));
  return lines.map((line) => (JSON.parse(line) as { mechanism: string }).mechanism);
}
