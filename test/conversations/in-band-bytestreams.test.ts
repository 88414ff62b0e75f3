import { randomBytes } from 'node:crypto';
import { describe, expect } from '@jest/globals';
import { anything, conversation, conversationInside } from '../support/conversation.ts';

const IBB = 'http://jabber.org/protocol/ibb';
const SLOW = { config: { modules: { 'in-band-bytestreams': { rate: 1_024 } } } };

const data = (seq: number, text: string) =>
  `<data xmlns='${IBB}' seq='${seq}' sid='s'>${text}</data>`;

describe('in-band bytestreams', () => {
  conversation('a file passes byte for byte [XEP-0047 2.2]', async ({ juliet, romeo }) => {
    const file = randomBytes(100_000);
    await romeo.sends`
      <iq type='set' id='open' to='${juliet}'>
        <open xmlns='${IBB}' block-size='4096' sid='s' stanza='iq'/>
      </iq>`;
    await juliet.gets`
      <iq type='set' id='open' from='${romeo}'><open xmlns='${IBB}' block-size='4096' sid='s'/></iq>`;
    await juliet.sends`<iq type='result' id='open' to='${romeo}'/>`;
    await romeo.gets`<iq type='result' id='open' from='${juliet}'/>`;
    const came: Buffer[] = [];
    for (let seq = 0; seq * 4_096 < file.length; seq++) {
      const block = file.subarray(seq * 4_096, (seq + 1) * 4_096).toString('base64');
      await romeo.sends`<iq type='set' id='d${seq}' to='${juliet}'>${data(seq, block)}</iq>`;
      const iq = await juliet.gets`
        <iq type='set' id='d${seq}' from='${romeo}'>${data(seq, String(anything))}</iq>`;
      came.push(Buffer.from(iq.getChild('data', IBB)!.getText(), 'base64'));
      await juliet.sends`<iq type='result' id='d${seq}' to='${romeo}'/>`;
      await romeo.gets`<iq type='result' id='d${seq}'/>`;
    }
    expect(Buffer.concat(came).equals(file)).toBe(true);
  });

  conversationInside(
    'what comes too fast waits, without an error, and others do not [XEP-0047 5]',
    SLOW,
    async ({ juliet, romeo: { laptop, phone } }, server) => {
      const block = 'A'.repeat(1_900);
      const send = (seq: number) =>
        `<iq type='set' id='${seq}' to='${juliet}'>${data(seq, block)}</iq>`;
      const comes = (seq: number) =>
        `<iq type='set' id='${seq}' from='${laptop}'>${data(seq, block)}</iq>`;
      await laptop.sends`${send(0)}${send(1)}${send(2)}${send(3)}`;
      await juliet.gets`${comes(0)}`;
      await phone.sends`<message to='${juliet}' type='normal'><no-copy xmlns='urn:xmpp:hints'/></message>`;
      await juliet.getsInAnyOrder`${comes(1)}<message from='${phone}' type='normal'/>`;
      await server.idle();
      server.clock.advance(2_100);
      await juliet.gets`${comes(2)}`;
      await server.idle();
      server.clock.advance(2_100);
      await juliet.gets`${comes(3)}`;
    },
  );

  conversationInside('also in messages [XEP-0047 4]', SLOW, async ({ juliet, romeo }, server) => {
    const block = 'A'.repeat(5_000);
    const send = (id: string) =>
      `<message type='normal' id='${id}' to='${juliet}'>${data(0, block)}</message>`;
    await romeo.sends`${send('one')}${send('two')}`;
    for (const id of ['one', 'two']) {
      await server.idle();
      server.clock.advance(10_000);
      await juliet.gets`${send(id)}`;
    }
  });
});
