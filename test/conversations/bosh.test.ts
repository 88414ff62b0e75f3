import { afterEach, expect } from '@jest/globals';
import { BoshClient } from '../support/bosh-client.ts';
import { type Attributes, HttpSender, payloadOf } from '../support/bosh-http.ts';
import { PASSWORD } from '../support/client.ts';
import { conversationInside } from '../support/conversation.ts';
import type { TestServer } from '../support/server.ts';
import { enables, resumes } from '../support/stream-management.ts';

const DELAYED = "<delay xmlns='urn:xmpp:delay' from='localhost'/>";
/** Milliseconds after which a session is over that asks for nothing. */
const INACTIVITY = 30_000;

const senders: HttpSender[] = [];

afterEach(() => {
  for (const sender of senders.splice(0)) sender.close();
});

/** A client of Romeo's over BOSH, by hand. */
async function romeoOverBosh(server: TestServer, attributes: Attributes = {}): Promise<BoshClient> {
  const sender = new HttpSender(Number(new URL(server.webUrl!).port), '/http-bind');
  senders.push(sender);
  const user = { domain: server.domain, username: 'romeo', password: PASSWORD };
  const client = new BoshClient(sender, user, attributes);
  await client.begins();
  return client;
}

/** The same, available as `romeo@localhost/home` once it has its own presence. */
async function available(server: TestServer, attributes: Attributes = {}): Promise<BoshClient> {
  const client = await romeoOverBosh(server, attributes);
  await client.signsIn();
  expect(await client.asks('<presence/>').answer()).toContain('<presence ');
  return client;
}

conversationInside(
  'what a client never says to have got waits for its next session [XEP-0206 7]',
  { http: true, absent: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    await romeo.exists();
    const ghost = await available(server);
    const held = ghost.asks();
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Hi</body></message>`;
    expect(await held.answer()).toContain('<body>Hi</body>');
    server.clock.advance(INACTIVITY);
    await romeo.signsIn();
    await romeo.gets`<message from='${juliet}'><body>Hi</body>${DELAYED}</message>`;
  },
);

conversationInside(
  'or goes to another device, where one is there [XEP-0206 7]',
  { http: true, absent: ['romeo.laptop'] },
  async ({ juliet, romeo: { laptop, phone } }, server) => {
    await juliet.exists();
    const ghost = await available(server);
    await phone.forgets();
    await ghost.asks().breaks();
    await juliet.sends`<message to='${laptop.bare}/home' type='chat'><body>Hi</body></message>`;
    await phone.getsNothing();
    server.clock.advance(INACTIVITY);
    await phone.gets`
      <presence type='unavailable' from='${laptop.bare}/home'/>
      <message from='${juliet}'><body>Hi</body>${DELAYED}</message>`;
  },
);

conversationInside(
  'what it says to have got goes nowhere else [XEP-0124 9.2]',
  { http: true },
  async ({ juliet, romeo: { phone } }, server) => {
    await juliet.exists();
    const ghost = await available(server);
    await phone.forgets();
    const held = ghost.asks();
    await juliet.sends`<message to='${phone.bare}/home' type='chat'><body>Hi</body></message>`;
    expect(await held.answer()).toContain('<body>Hi</body>');
    const next = ghost.asks('<presence><show>away</show></presence>');
    expect(await next.answer()).toContain('<show>away</show>');
    await phone.forgets();
    server.clock.advance(INACTIVITY);
    await phone.gets`<presence type='unavailable' from='${phone.bare}/home'/>`;
    await phone.getsNothing();
  },
);

conversationInside(
  'who asks a client that is gone hears of it [XEP-0206 7]',
  { http: true, absent: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    await romeo.exists();
    const ghost = await available(server);
    await ghost.asks().breaks();
    const address = `${romeo.bare}/home`;
    await juliet.sends`<iq type='get' id='1' to='${address}'><query xmlns='jabber:iq:version'/></iq>`;
    await juliet.settles();
    server.clock.advance(INACTIVITY);
    await juliet.gets`<iq type='error' id='1' from='${address}'><error type='cancel'>
      <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
  },
);

conversationInside(
  'what a client has not got when it goes waits for its next session [XEP-0124 13]',
  { http: true, absent: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    await romeo.exists();
    const leaving = await available(server);
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Hi</body></message>`;
    await juliet.settles();
    const answer = await leaving
      .asks("<presence type='unavailable'/>", { type: 'terminate' })
      .answer();
    expect(payloadOf(answer)).toBe('');
    await romeo.signsIn();
    await romeo.gets`<message from='${juliet}'><body>Hi</body>${DELAYED}</message>`;
  },
);

conversationInside(
  'what had waited waits on until a client says that it has got it [XEP-0160 3]',
  { http: true, absent: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Hi</body></message>`;
    await juliet.settles();
    const ghost = await romeoOverBosh(server);
    await ghost.signsIn();
    const held = ghost.asks('<presence/>');
    const answer = await held.answer();
    const isThere = answer.includes('<body>Hi</body>');
    if (!isThere) expect(await ghost.asks().answer()).toContain('<body>Hi</body>');
    server.clock.advance(INACTIVITY);
    await romeo.signsIn();
    await romeo.gets`<message from='${juliet}'><body>Hi</body>${DELAYED}</message>`;
    await romeo.leaves();
    await romeo.returns();
    await romeo.getsNothing();
  },
);

conversationInside(
  'a session goes on over BOSH that began elsewhere, and goes on elsewhere [XEP-0198 5]',
  { http: true, quiet: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    const id = await enables(romeo);
    await romeo.vanishes();
    await juliet.sends`<message to='${romeo}' type='chat'><body>1</body></message>`;
    await juliet.settles();
    const browser = await romeoOverBosh(server);
    await browser.authenticates();
    const asked = browser.asks(`<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`);
    const answer = await asked.answer();
    expect(answer).toContain('<resumed ');
    expect(answer).toContain('<body>1</body>');
    await browser.asks("<a xmlns='urn:xmpp:sm:3' h='1'/>").breaks();
    await juliet.sends`<message to='${romeo}' type='chat'><body>2</body></message>`;
    await juliet.settles();
    await resumes(romeo, id, 1);
    await romeo.gets`<message from='${juliet}'><body>2</body></message>`;
    await romeo.forgets();
  },
);

conversationInside(
  'tokens bind to nothing over BOSH [XEP-0484 3.2]',
  { http: true },
  async ({ romeo }, server) => {
    await romeo.getsNothing();
    const { created } = await romeoOverBosh(server);
    expect(created.match(/HT-[\w-]+/g)).toEqual(['HT-SHA-256-NONE']);
    expect(created).not.toMatch(/-PLUS|channel-binding|starttls/);
  },
);

conversationInside(
  'no response is a page that a browser would run, whatever type the client asks for [XEP-0124 7.1]',
  { http: true },
  async ({ romeo }, server) => {
    await romeo.getsNothing();
    const client = await romeoOverBosh(server, { content: 'text/html' });
    const posted = client.asks('', { type: 'terminate' });
    await posted.answer();
    expect(posted.headers).toMatchObject({
      'content-type': 'text/html',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
    });
  },
);
