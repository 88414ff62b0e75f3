import { expect } from '@jest/globals';
import { conversationInside as conversation } from '../support/conversation.ts';
import { ASK, asksToResume, enables, NS_SM, resumes } from '../support/stream-management.ts';

const quiet = { quiet: ['juliet'] } as const;

conversation(
  'ids tell nothing of each other or of the account',
  quiet,
  async ({ juliet: { laptop, phone }, romeo }) => {
    const ids = [await enables(laptop), await enables(phone), await enables(romeo)];
    expect(new Set(ids).size).toBe(3);
    expect(ids.join()).not.toMatch(/juliet|romeo|localhost/);
  },
);

conversation(
  'a session cannot be had before its owner has signed in [XEP-0198 10]',
  quiet,
  async ({ juliet, stranger }) => {
    const id = await enables(juliet);
    await stranger.connects();
    await stranger.opensStream();
    await stranger.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
    await stranger.sends`<resume xmlns='${NS_SM}' previd='${id}' h='0'/>`;
    await stranger.gets`
    <error xmlns='http://etherx.jabber.org/streams'>
      <not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
    </error>`;
    await stranger.getsEnd();
    await juliet.getsNothing();
  },
);

conversation(
  'of many that want one session, the last has it',
  quiet,
  async ({ juliet: { laptop, phone, tablet }, romeo }) => {
    await laptop.leaves();
    await phone.leaves();
    const id = await enables(tablet);
    await tablet.vanishes();
    await Promise.all([asksToResume(laptop, id, 0), asksToResume(phone, id, 0)]);
    await romeo.sends`<message to='${tablet}'><body>Hi</body></message>`;
    await romeo.getsNothing();
    await resumes(tablet, id, 0);
    await tablet.gets`<message/>${ASK}`;
    for (const loser of [laptop, phone]) {
      await loser.getsEnd();
      await loser.gets`<resumed xmlns='${NS_SM}'/>`;
      let last =
        await loser.getsEither`<message/>${ASK}<error xmlns='http://etherx.jabber.org/streams'/>`;
      while (last.name !== 'stream:error') {
        last =
          await loser.getsEither`<message/>${ASK}<error xmlns='http://etherx.jabber.org/streams'/>`;
      }
    }
  },
);

conversation(
  'a flood of questions is answered, and disturbs nobody',
  quiet,
  async ({ juliet, romeo }) => {
    await enables(juliet);
    await juliet.sends`${ASK.repeat(2000)}`;
    await romeo.getsNothing();
    for (let answers = 0; answers < 2000; answers++) await juliet.gets`<a xmlns='${NS_SM}'/>`;
  },
);

conversation(
  'a session that waits ends when the password changes',
  quiet,
  async ({ juliet }, server) => {
    await enables(juliet);
    await juliet.vanishes();
    const { keeper, binder } = server.server.find('localhost')!;
    expect(binder.list('juliet')).toHaveLength(1);
    await keeper.setPassword('juliet', 'another-one-1597');
    expect(binder.list('juliet')).toEqual([]);
  },
);
