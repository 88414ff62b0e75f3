import { describe, expect } from '@jest/globals';
import { conversation } from '../support/conversation.ts';

const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const HEADER = "<?xml version='1.0'?><stream:stream version='1.0'";
const NAMESPACES = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";

describe('a stranger', () => {
  conversation(
    'gets a header with a fresh id, and features [RFC6120 4.7, 4.3.2]',
    async ({ stranger }, server) => {
      const ids: (string | undefined)[] = [];
      for (let time = 0; time < 2; time++) {
        await stranger.connects();
        await stranger.opensStream("xml:lang='de'");
        expect(stranger.header).toMatchObject({ from: server.domain, version: '1.0' });
        ids.push(stranger.header.id);
        await stranger.gets`<stream:features/>`;
        await stranger.leaves();
      }
      expect(ids[0]!.length).toBeGreaterThan(10);
      expect(ids[0]).not.toBe(ids[1]);
    },
  );

  conversation('cannot send stanzas [RFC6120 4.9.3.12]', async ({ stranger, juliet }) => {
    await stranger.connects();
    await stranger.opensStream();
    await stranger.gets`<stream:features/>`;
    await stranger.sends`<message to='${juliet}'><body>Hi</body></message>`;
    await stranger.gets`<stream:error><not-authorized xmlns='${STREAM_ERRORS}'/></stream:error>`;
    await stranger.getsEnd();
    await juliet.getsNothing();
  });

  conversation('is told that the host is not here [RFC6120 4.9.3.6]', async ({ stranger }) => {
    await stranger.connects();
    await stranger.sends`${HEADER} to='nowhere.invalid' ${NAMESPACES}>`;
    await stranger.gets`<stream:error><host-unknown xmlns='${STREAM_ERRORS}'/></stream:error>`;
    await stranger.getsEnd();
  });

  conversation('is told that its XML is none [RFC6120 4.9.3.13]', async ({ stranger }) => {
    await stranger.connects();
    await stranger.opensStream();
    await stranger.gets`<stream:features/>`;
    await stranger.sends`<auth></oops>`;
    await stranger.gets`<stream:error><not-well-formed xmlns='${STREAM_ERRORS}'/></stream:error>`;
    await stranger.getsEnd();
  });

  conversation(
    'cannot choose a mechanism that is not there [RFC6120 6.5.7]',
    async ({ juliet, stranger }, server) => {
      if (server.usesTls) return;
      await stranger.connects();
      await stranger.opensStream();
      await stranger.gets`<stream:features/>`;
      await stranger.sends`<auth xmlns='${SASL}' mechanism='TELEPATHY'>AA==</auth>`;
      await stranger.gets`<failure xmlns='${SASL}'><invalid-mechanism/></failure>`;
      await juliet.getsNothing();
    },
  );
});
