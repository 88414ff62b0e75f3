import { describe, expect } from '@jest/globals';
import { TestComponent } from '../support/component.ts';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';
import {
  askForSlot,
  get,
  goesBy,
  PURPOSE,
  slotRequest,
  UPLOAD,
  upload,
  type WantedSlot,
} from '../support/upload.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const http = { http: true, quiet: true } as const;

const withUpload = (upload: object) => ({ ...http, config: { modules: { upload } } }) as const;

/** A request with its answer: an error of that kind. */
const refusal = (type: string, condition: string, detail = '') => `
  <iq type='error' id='slot' from='upload.localhost'>
    <error type='${type}'><${condition} xmlns='${ERRORS}'/>${detail}</error>
  </iq>`;
const asks = (wanted: WantedSlot) =>
  `<iq type='get' id='slot' to='upload.localhost'>${slotRequest(wanted)}</iq>`;
const retry = (stamp: unknown) => `<retry xmlns='${UPLOAD}' stamp='${stamp}'/>`;
const purpose = (name: string, attributes = '') => `<${name} xmlns='${PURPOSE}'${attributes}/>`;

describe('finding the upload service', () => {
  conversationInside(
    'it is among the items of the server [XEP-0363 3]',
    http,
    async ({ juliet }) => {
      await juliet.sends`<iq type='get' id='1' to='localhost'><query xmlns='${ITEMS}'/></iq>`;
      await juliet.gets`
      <iq type='result' id='1'>
        <query xmlns='${ITEMS}'><item jid='upload.localhost' name='HTTP File Upload'/></query>
      </iq>`;
    },
  );

  conversationInside(
    'it says what it is, and how large files may be [XEP-0363 3]',
    http,
    async ({ juliet }) => {
      await juliet.sends`<iq type='get' id='1' to='upload.localhost'><query xmlns='${INFO}'/></iq>`;
      await juliet.gets`
      <iq type='result' id='1' from='upload.localhost'>
        <query xmlns='${INFO}'>
          <identity category='store' type='file' name='HTTP File Upload'/>
          <feature var='${INFO}'/>
          <feature var='${ITEMS}'/>
          <feature var='${UPLOAD}'/>
          <feature var='${PURPOSE}#message'/>
          <feature var='${PURPOSE}#profile'/>
          <feature var='${PURPOSE}#ephemeral'/>
          <feature var='${PURPOSE}#permanent'/>
          <x xmlns='jabber:x:data' type='result'>
            <field var='FORM_TYPE' type='hidden'><value>${UPLOAD}</value></field>
            <field var='max-file-size'><value>104857600</value></field>
          </x>
        </query>
      </iq>`;
    },
  );

  conversationInside(
    'it has no items and no nodes, and answers nothing else [XEP-0030 7]',
    http,
    async ({ juliet }) => {
      const to = 'upload.localhost';
      await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${ITEMS}'/></iq>`;
      await juliet.gets`<iq type='result' id='1'><query xmlns='${ITEMS}'>${nothing}</query></iq>`;
      await juliet.sends`
      <iq type='get' id='2' to='${to}'><query xmlns='${INFO}' node='n'/></iq>
      <iq type='get' id='3' to='${to}'><query xmlns='${ITEMS}' node='n'/></iq>
      <iq type='set' id='4' to='${to}'>${slotRequest()}</iq>
      <iq type='get' id='5' to='someone@${to}'>${slotRequest()}</iq>
      <message to='${to}' id='6' type='chat'><body>Hi</body></message>
      <presence to='${to}'/>
      <iq type='result' id='7' to='${to}'/>`;
      const failed = (id: number, name: string, condition: string) =>
        `<${name} type='error' id='${id}'><error><${condition} xmlns='${ERRORS}'/></error></${name}>`;
      await juliet.getsInAnyOrder`
      ${failed(2, 'iq', 'item-not-found')}${failed(3, 'iq', 'item-not-found')}
      ${failed(4, 'iq', 'service-unavailable')}${failed(5, 'iq', 'service-unavailable')}
      ${failed(6, 'message', 'service-unavailable')}`;
    },
  );

  conversation(
    'there is none where HTTP is not served [XEP-0363 3]',
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${ITEMS}'/></iq>`;
      const iq = await juliet.gets`<iq type='result' id='1'><query xmlns='${ITEMS}'/></iq>`;
      const items = iq.getChild('query', ITEMS)!.getChildren('item');
      expect(items.map(({ attrs }) => attrs.jid)).not.toContain(`upload.${server}`);
    },
  );

  conversationInside(
    'a component of that name comes first [XEP-0114 3]',
    {
      http: true,
      config: { components: { 'upload.localhost': { secret: 'wherefore', name: 'Own' } } },
    },
    async ({ juliet }) => {
      await juliet.sends`<iq type='get' id='1' to='localhost'><query xmlns='${ITEMS}'/></iq>`;
      const iq = await juliet.gets`
        <iq type='result' id='1'>
          <query xmlns='${ITEMS}'><item jid='upload.localhost' name='Own'/></query>
        </iq>`;
      expect(iq.getChild('query', ITEMS)!.children).toHaveLength(1);
      await juliet.sends`${asks({})}`;
      await juliet.gets`${refusal('wait', 'remote-server-timeout')}`;
    },
  );
});

describe('upload slots', () => {
  conversationInside(
    'are two URLs with the name of the file, in ASCII [XEP-0363 4]',
    http,
    async ({ juliet }, server) => {
      const { put, get } = await askForSlot(juliet, { name: 'très cool (1)!.jpg', size: 23456 });
      expect(get).toMatch(
        new RegExp(`^${server.webUrl}/upload/[0-9a-f]{32}/tr%C3%A8s%20cool%20%281%29%21\\.jpg$`),
      );
      expect(put).toMatch(/^[\x21-\x7e]+$/);
      expect(put.startsWith(`${get}?slot=`)).toBe(true);
    },
  );

  conversationInside(
    'are different each time, and nobody can guess them [XEP-0363 9.3]',
    http,
    async ({ juliet }) => {
      const [one, two] = [await askForSlot(juliet), await askForSlot(juliet)];
      expect(one.get).not.toBe(two.get);
      expect(one.put).not.toBe(two.put);
    },
  );

  conversationInside(
    'are not for files that are too large [XEP-0363 6]',
    withUpload({ maxFileSize: 20_000 }),
    async ({ juliet }) => {
      await juliet.sends`${asks({ size: 20_001 })}`;
      await juliet.gets`
        <iq type='error' id='slot' from='upload.localhost'>
          <error type='modify'>
            <not-acceptable xmlns='${ERRORS}'/>
            <text xmlns='${ERRORS}'>The file is too large. Files may have 20000 bytes.</text>
            <file-too-large xmlns='${UPLOAD}'><max-file-size>20000</max-file-size></file-too-large>
          </error>
        </iq>`;
      await askForSlot(juliet, { size: 20_000 });
    },
  );

  conversationInside(
    'have to be asked for as the standard says [XEP-0363 4]',
    http,
    async ({ juliet }) => {
      const mistakes = [
        `<request xmlns='${UPLOAD}' size='5'/>`,
        `<request xmlns='${UPLOAD}' filename='a'/>`,
        ...['0', '-5', '5.0', '1e3', '', ' 5', '9'.repeat(16)].map(
          (size) => `<request xmlns='${UPLOAD}' filename='a' size='${size}'/>`,
        ),
        ...['', '.', '..', 'x'.repeat(256), 'ä'.repeat(128)].map((name) => slotRequest({ name })),
        ...['image', '/png', 'image/', 'a b/c', `image/${'p'.repeat(128)}`].map((type) =>
          slotRequest({ type }),
        ),
        slotRequest({ purpose: purpose('ephemeral') }),
        slotRequest({ purpose: purpose('ephemeral', " expire-before='tomorrow'") }),
        slotRequest({ purpose: purpose('message') + purpose('profile') }),
      ];
      for (const request of mistakes) {
        await juliet.sends`<iq type='get' id='slot' to='upload.localhost'>${request}</iq>`;
        await juliet.gets`${refusal('modify', 'bad-request')}`;
      }
    },
  );

  conversationInside(
    'may come without type, or one with parameters [XEP-0363 4]',
    http,
    async ({ juliet }) => {
      await askForSlot(juliet, { type: '' });
      await askForSlot(juliet, { type: 'text/plain; charset=utf-8' });
    },
  );

  conversationInside(
    'keep separators and control characters out of names [XEP-0363 4]',
    http,
    async ({ juliet }) => {
      const { get } = await askForSlot(juliet, { name: '../a\\b&#xA;c\u202e.png' });
      expect(get).toMatch(/\/\.\._a_b_c_\.png$/);
    },
  );

  conversationInside(
    'are for users of this server [XEP-0363 6]',
    { http: true, config: { components: { 'bot.localhost': { secret: 'wherefore' } } } },
    async (_, server) => {
      const bot = await TestComponent.connected(server, 'bot.localhost');
      await bot.sends`
        <iq type='get' id='slot' from='someone@${bot}' to='upload.localhost'>${slotRequest()}</iq>`;
      await bot.gets`${refusal('auth', 'forbidden')}`;
    },
  );
});

describe('limits of upload slots', () => {
  conversationInside(
    'a quota leaves no room, until files expire [XEP-0363 6]',
    withUpload({ quota: 2000, expireAfter: '1d' }),
    async ({ juliet, romeo }, server) => {
      const start = server.clock.now();
      await upload(juliet, 'x'.repeat(1500));
      await juliet.sends`${asks({ size: 501 })}`;
      const stamp = new Date(start + 86_400_000).toISOString().replace('.000Z', 'Z');
      await juliet.gets`${refusal('wait', 'resource-constraint', retry(stamp))}`;
      await askForSlot(juliet, { size: 500 });
      await askForSlot(romeo, { size: 2000 });
    },
  );

  conversationInside(
    'slots count as files do, and until they end [XEP-0363 6]',
    withUpload({ quota: 2000 }),
    async ({ juliet }, server) => {
      await askForSlot(juliet, { size: 1500 });
      await juliet.sends`${asks({ size: 501 })}`;
      await juliet.gets`${refusal('wait', 'resource-constraint')}`;
      await goesBy(server, 360_000, juliet);
      await askForSlot(juliet, { size: 2000 });
    },
  );

  conversationInside(
    'a host takes so much a day [XEP-0363 6]',
    withUpload({ dailyLimit: 2000 }),
    async ({ juliet, romeo }, server) => {
      await upload(juliet, 'x'.repeat(1500));
      await romeo.sends`${asks({ size: 501 })}`;
      const midnight = (Math.floor(server.clock.now() / 86_400_000) + 1) * 86_400_000;
      const stamp = new Date(midnight).toISOString().replace('.000Z', 'Z');
      await romeo.gets`${refusal('wait', 'resource-constraint', retry(stamp))}`;
      await goesBy(server, midnight - server.clock.now(), juliet, romeo);
      await askForSlot(romeo, { size: 2000 });
    },
  );

  conversationInside(
    'an account has twenty open slots at most [XEP-0363 6]',
    http,
    async ({ juliet }) => {
      for (let count = 0; count < 20; count++) await askForSlot(juliet);
      await juliet.sends`${asks({})}`;
      await juliet.gets`${refusal('wait', 'resource-constraint', retry(anything))}`;
    },
  );

  conversationInside(
    'and may ask so often [XEP-0363 6]',
    withUpload({ slotsPerMinute: 2 }),
    async ({ juliet }, server) => {
      await askForSlot(juliet);
      await askForSlot(juliet);
      const stamp = new Date(server.clock.now() + 30_000).toISOString().replace('.000Z', 'Z');
      await juliet.sends`${asks({})}`;
      await juliet.gets`${refusal('wait', 'resource-constraint', retry(stamp))}`;
      server.clock.advance(30_000);
      await askForSlot(juliet);
    },
  );
});

describe('purposes of uploads', () => {
  conversationInside(
    'a message is the default, and may be said [XEP-0363 5.1]',
    http,
    async ({ juliet }) => {
      await askForSlot(juliet, { purpose: purpose('message') });
    },
  );

  conversationInside(
    'what is for a profile is smaller [XEP-0363 5.2]',
    withUpload({ profile: { maxFileSize: 2000 } }),
    async ({ juliet }) => {
      await juliet.sends`${asks({ size: 2001, purpose: purpose('profile') })}`;
      const limit = `<file-too-large xmlns='${UPLOAD}'><max-file-size>2000</max-file-size></file-too-large>`;
      await juliet.gets`${refusal('modify', 'not-acceptable', limit)}`;
      await askForSlot(juliet, { size: 2000, purpose: purpose('profile') });
    },
  );

  conversationInside(
    'an old picture makes room for a new one [XEP-0363 5.2]',
    withUpload({ expireAfter: '1h', profile: { quota: 2000 } }),
    async ({ juliet }, server) => {
      const picture = { purpose: purpose('profile') };
      const first = await upload(juliet, 'x'.repeat(1500), picture);
      await goesBy(server, 7 * 86_400_000, juliet);
      expect((await get(first)).status).toBe(200);
      const second = await upload(juliet, 'y'.repeat(1500), picture);
      expect((await get(first)).status).toBe(404);
      expect((await get(second)).status).toBe(200);
    },
  );

  conversationInside(
    'what is ephemeral is gone at its time [XEP-0363 5.3]',
    http,
    async ({ juliet }, server) => {
      const moment = new Date(server.clock.now() + 120_000).toISOString();
      const url = await upload(juliet, 'Soft!', {
        purpose: purpose('ephemeral', ` expire-before='${moment}'`),
      });
      server.clock.advance(119_000);
      const response = await get(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('private, max-age=1, immutable');
      server.clock.advance(1_000);
      expect((await get(url)).status).toBe(404);
    },
  );

  conversationInside(
    'and never stays longer than others do [XEP-0363 5.3]',
    withUpload({ expireAfter: '1h' }),
    async ({ juliet }, server) => {
      const moment = new Date(server.clock.now() + 86_400_000).toISOString();
      const url = await upload(juliet, 'Soft!', {
        purpose: purpose('ephemeral', ` expire-before='${moment}'`),
      });
      await goesBy(server, 3_600_000, juliet);
      expect((await get(url)).status).toBe(404);
    },
  );

  conversationInside(
    'what has gone already cannot come [XEP-0363 5.3]',
    http,
    async ({ juliet }, server) => {
      const moment = new Date(server.clock.now()).toISOString();
      await juliet.sends`${asks({ purpose: purpose('ephemeral', ` expire-before='${moment}'`) })}`;
      await juliet.gets`${refusal('modify', 'not-acceptable')}`;
    },
  );

  conversationInside(
    'what is permanent stays, within its quota [XEP-0363 5.4]',
    withUpload({ expireAfter: '1h', permanent: { quota: 2000 } }),
    async ({ juliet }, server) => {
      const permanent = { purpose: purpose('permanent') };
      const url = await upload(juliet, 'x'.repeat(1500), permanent);
      await goesBy(server, 365 * 86_400_000, juliet);
      expect((await get(url)).status).toBe(200);
      await juliet.sends`${asks({ size: 501, ...permanent })}`;
      await juliet.gets`${refusal('wait', 'resource-constraint')}`;
    },
  );

  conversationInside(
    'a purpose that is not offered is none [XEP-0363 5.4]',
    withUpload({ permanent: { quota: 0 } }),
    async ({ juliet }) => {
      for (const name of ['permanent', 'unheard-of']) {
        await juliet.sends`${asks({ purpose: purpose(name) })}`;
        await juliet.gets`${refusal('cancel', 'feature-not-implemented')}`;
      }
      await juliet.sends`<iq type='get' id='1' to='upload.localhost'><query xmlns='${INFO}'/></iq>`;
      const iq = await juliet.gets`<iq type='result' id='1'><query xmlns='${INFO}'/></iq>`;
      expect(String(iq)).not.toContain('#permanent');
    },
  );
});
