import { describe, expect } from '@jest/globals';
import { conversation, conversationInside } from '../support/conversation.ts';

describe('the last presence', () => {
  conversationInside(
    'is told with its time to whoever comes later [RFC6121 4.3.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }, server) => {
      await romeo.sends`<presence type='unavailable'><status>Gone to Mantua</status></presence>`;
      await romeo.gets`<presence type='unavailable'/>`;
      await juliet.gets`<presence type='unavailable' from='${romeo}'><status>Gone to Mantua</status></presence>`;
      const stamp = new Date(server.clock.now()).toISOString().replace('.000Z', 'Z');
      server.clock.advance(5000);
      await juliet.leaves();
      await juliet.returns();
      await juliet.gets`
        <presence type='unavailable' from='${romeo.bare}'>
          <status>Gone to Mantua</status>
          <delay xmlns='urn:xmpp:delay' stamp='${stamp}'/>
        </presence>`;
    },
  );

  conversation(
    'is the one of the last resource that goes [RFC6121 4.3.2]',
    { friends: [['juliet', 'romeo']], absent: ['juliet'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await laptop.sends`<presence type='unavailable'><status>first</status></presence>`;
      await laptop.gets`<presence type='unavailable'/>`;
      await phone.gets`<presence type='unavailable' from='${laptop}'/>`;
      await phone.vanishes();
      await juliet.signsIn();
      const last = await juliet.gets`
        <presence type='unavailable' from='${phone.bare}'><delay xmlns='urn:xmpp:delay'/></presence>`;
      expect(last.getChild('status')).toBeUndefined();
    },
  );

  conversation(
    'is for nobody who may not see the account [RFC6121 4.3.2]',
    async ({ juliet, romeo }) => {
      await romeo.sends`<presence type='unavailable'><status>secret</status></presence>`;
      await romeo.gets`<presence type='unavailable'/>`;
      await juliet.sends`<presence type='probe' to='${romeo.bare}'/>`;
      await juliet.getsNothing();
    },
  );
});
