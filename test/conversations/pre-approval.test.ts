import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, nothing } from '../support/conversation.ts';

const ROSTER = 'jabber:iq:roster';

async function isInterested(client: Client): Promise<void> {
  await client.sends`<iq type='get' id='r'><query xmlns='${ROSTER}'/></iq>`;
  await client.gets`<iq type='result' id='r'/>`;
}

function push(contact: Client, item: string): string {
  return `<iq type='set'><query xmlns='${ROSTER}'><item jid='${contact.bare}' ${item}/></query></iq>`;
}

describe('a subscription that is approved in advance', () => {
  conversation('is offered as a stream feature [RFC6121 3.4.1]', async ({ juliet }) => {
    await juliet.exists();
    const features = juliet.features.replaceAll("'", '"');
    expect(features).toContain('<sub xmlns="urn:xmpp:features:pre-approval"/>');
  });

  conversation(
    'is shown in the roster, and told to nobody [RFC6121 3.4.2]',
    async ({ juliet, romeo }) => {
      await isInterested(juliet);
      await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
      await juliet.gets`${push(romeo, "subscription='none' approved='true'")}`;
      await juliet.sends`<iq type='get' id='2'><query xmlns='${ROSTER}'/></iq>`;
      await juliet.gets`
      <iq type='result' id='2'>
        <query xmlns='${ROSTER}'>
          <item jid='${romeo.bare}' subscription='none' approved='true'/>
        </query>
      </iq>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'lets the contact in without a question [RFC6121 3.4.2]',
    async ({ juliet, romeo }) => {
      await isInterested(juliet);
      await isInterested(romeo);
      await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
      await juliet.gets`${push(romeo, "subscription='none' approved='true'")}`;
      await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
      await romeo.gets`
      ${push(juliet, "subscription='none' ask='subscribe'")}
      <presence type='subscribed' from='${juliet.bare}'/>
      ${push(juliet, "subscription='to'")}
      <presence from='${juliet}'/>`;
      await juliet.gets`${push(romeo, `subscription='from' approved='${nothing}'`)}`;
      await juliet.getsNothing();
    },
  );

  conversation(
    'lets in who is away as well [RFC6121 3.4.2]',
    { absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      await juliet.signsIn();
      await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
      await juliet.leaves();
      await isInterested(romeo);
      await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
      await romeo.gets`
        ${push(juliet, "subscription='none' ask='subscribe'")}
        <presence type='subscribed' from='${juliet.bare}'/>
        ${push(juliet, "subscription='to'")}`;
      await juliet.returns();
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.getsNothing();
    },
  );

  conversation('is taken back by unsubscribed [RFC6121 3.4.2]', async ({ juliet, romeo }) => {
    await isInterested(juliet);
    await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
    await juliet.gets`${push(romeo, "subscription='none' approved='true'")}`;
    await juliet.sends`<presence type='unsubscribed' to='${romeo.bare}'/>`;
    await juliet.gets`${push(romeo, `subscription='none' approved='${nothing}'`)}`;
    await romeo.getsNothing();
    await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
    await juliet.gets`<presence type='subscribe' from='${romeo.bare}'/>`;
  });

  conversation('goes with the item that is removed [RFC6121 2.5.2]', async ({ juliet, romeo }) => {
    await isInterested(juliet);
    await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
    await juliet.gets`${push(romeo, "subscription='none' approved='true'")}`;
    await juliet.sends`
      <iq type='set' id='2'><query xmlns='${ROSTER}'><item jid='${romeo.bare}' subscription='remove'/></query></iq>`;
    await juliet.gets`${push(romeo, "subscription='remove'")}<iq type='result' id='2'/>`;
    await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
    await juliet.gets`<presence type='subscribe' from='${romeo.bare}'/>`;
  });

  conversation('is used up by the request [RFC6121 3.4.2]', async ({ juliet, romeo }) => {
    await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
    await juliet.getsNothing();
    await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
    await romeo.forgets();
    await romeo.sends`<presence type='unsubscribe' to='${juliet.bare}'/>`;
    await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    await juliet.gets`<presence type='unsubscribe' from='${romeo.bare}'/>`;
    await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
    await juliet.gets`<presence type='subscribe' from='${romeo.bare}'/>`;
  });
});
