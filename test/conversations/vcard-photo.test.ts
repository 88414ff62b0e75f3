import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';
import { cardWith, hashOf, OTHER_PNG, PNG, setsCard, UPDATE, update } from '../support/vcard.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

const NO_CARD = "<vCard xmlns='vcard-temp'/>";
/** One without a picture. */
const CARD = "<vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard>";

async function getsError(client: Client, condition: string, type: string): Promise<void> {
  await client.gets`
    <iq type='error'><error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error></iq>`;
}

/** Sets a card with this picture; what that shows is for other conversations. */
async function has(client: Client, photo: Buffer | string): Promise<void> {
  await setsCard(client, cardWith(photo));
  await client.forgets();
}

describe('presence with the hash of the picture', () => {
  const FRIENDS = { friends: [['juliet', 'romeo']] } as const;

  conversation(
    'goes out anew when there is another picture [XEP-0153 3.1, XEP-0398 4]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence><show>away</show><status>On the balcony</status></presence>`;
      await juliet.forgets();
      await romeo.forgets();
      for (const photo of [PNG, OTHER_PNG]) {
        await setsCard(juliet, cardWith(photo), hashOf(photo));
        await romeo.gets`
          <presence from='${juliet}' to='${romeo.bare}'>
            <show>away</show><status>On the balcony</status>${update(hashOf(photo))}
          </presence>`;
        expect(romeo.lastText.match(/<x /g)).toHaveLength(1);
      }
      await setsCard(juliet, CARD, '');
      await romeo.gets`<presence from='${juliet}'><show>away</show>${update('')}</presence>`;
    },
  );

  conversation(
    'does not go out for a card with the same picture [XEP-0153 4.2]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await has(juliet, PNG);
      await romeo.forgets();
      await setsCard(juliet, cardWith(PNG, '<FN>Juliet</FN>'));
      await romeo.getsNothing();
    },
  );

  conversation(
    'goes out for every available resource, whichever set the card [XEP-0398 4]',
    { friends: [['juliet', 'romeo']], quiet: ['juliet.tablet'] },
    async ({ juliet: { laptop, phone, tablet }, romeo }) => {
      await setsCard(tablet, cardWith(PNG));
      for (const client of [romeo, laptop, phone]) {
        await client.getsInAnyOrder`
          <presence from='${laptop}'>${update(hashOf(PNG))}</presence>
          <presence from='${phone}'>${update(hashOf(PNG))}</presence>`;
      }
    },
  );

  conversation(
    'is what those see who come later [XEP-0398 4]',
    { friends: [['juliet', 'romeo']], absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await has(juliet, PNG);
      await romeo.signsIn();
      await juliet.gets`<presence from='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'>${update(hashOf(PNG))}</presence>`;
    },
  );

  conversation(
    'goes out with all that a later session shows [XEP-0398 4]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await has(juliet, PNG);
      await juliet.leaves();
      await juliet.returns({ quietly: true });
      await romeo.forgets();
      for (const show of ['away', 'dnd']) {
        await juliet.sends`<presence><show>${show}</show></presence>`;
        await romeo.gets`<presence><show>${show}</show>${update(hashOf(PNG))}</presence>`;
      }
      await juliet.forgets();
    },
  );

  conversationInside(
    'goes out for a card that was set before the server started [XEP-0398 4]',
    { absent: ['juliet'] },
    async ({ juliet }, server) => {
      await juliet.exists();
      const card = { xml: cardWith(PNG), photoHash: hashOf(PNG) };
      server.storage.vcards.put(juliet.bare, card);
      await juliet.signsIn({ quietly: true });
      await juliet.sends`<presence/>`;
      await juliet.gets`<presence from='${juliet}'>${update(hashOf(PNG))}</presence>`;
    },
  );

  conversation(
    'takes the place of an update that says nothing [XEP-0153 4.1, XEP-0398 4]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await has(juliet, PNG);
      await romeo.forgets();
      await juliet.sends`<presence><x xmlns='${UPDATE}'/><status>Hi</status></presence>`;
      await romeo.gets`<presence>${update(hashOf(PNG))}</presence>`;
      expect(romeo.lastText).toContain('<status>Hi</status>');
      expect(romeo.lastText.match(/<x /g)).toHaveLength(1);
      await juliet.forgets();
    },
  );

  for (const [what, photo] of [
    ['that it shows none', '<photo/>'],
    ['which one it shows', '<photo>01b87fcd030b72895ff8e88db57ec525450f000d</photo>'],
  ] as const) {
    conversation(
      `is the client's where it says ${what} [XEP-0153 4.1, XEP-0398 4]`,
      FRIENDS,
      async ({ juliet, romeo }) => {
        const own = `<x xmlns='${UPDATE}'>${photo}</x>`;
        await has(juliet, PNG);
        await juliet.sends`<presence>${own}</presence>`;
        await juliet.forgets();
        await romeo.forgets();
        await juliet.sends`<presence><show>away</show>${own}</presence>`;
        await romeo.gets`<presence/>`;
        expect(romeo.lastText).toContain(own);
        expect(romeo.lastText.match(/<x /g)).toHaveLength(1);
        await juliet.gets`<presence/>`;
        // It will say itself that this one has changed.
        await setsCard(juliet, cardWith(OTHER_PNG));
        await romeo.getsNothing();
      },
    );
  }

  conversation(
    'goes to those whom one shows oneself to as well [XEP-0398 4]',
    async ({ juliet, romeo }) => {
      await has(juliet, PNG);
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}' to='${romeo}'>${update(hashOf(PNG))}</presence>`;
      await juliet.sends`<presence to='${romeo}'><x xmlns='${UPDATE}'><photo/></x></presence>`;
      await romeo.gets`<presence from='${juliet}'>${update('')}</presence>`;
      // What was said to one alone speaks for no other presence.
      await setsCard(juliet, cardWith(OTHER_PNG), hashOf(OTHER_PNG));
    },
  );

  conversation(
    'is not what goes with other presence [XEP-0398 4]',
    FRIENDS,
    async ({ juliet, romeo, nurse }) => {
      await has(juliet, PNG);
      await romeo.forgets();
      await juliet.sends`<presence type='subscribe' to='${nurse.bare}'/>`;
      await nurse.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
      expect(nurse.lastText).not.toContain(UPDATE);
      await juliet.sends`<presence to='${nurse}' type='unavailable'/>`;
      await nurse.gets`<presence type='unavailable'/>`;
      expect(nurse.lastText).not.toContain(UPDATE);
      await juliet.sends`<presence type='unavailable'/>`;
      await romeo.gets`<presence type='unavailable'/>`;
      expect(romeo.lastText).not.toContain(UPDATE);
      await juliet.forgets();
    },
  );

  conversation(
    'says that there is none where the card has none [XEP-0153 4.1]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await setsCard(juliet, CARD);
      await juliet.sends`<presence/>`;
      await romeo.gets`<presence from='${juliet}'>${update('')}</presence>`;
      await juliet.gets`<presence from='${juliet}'>${update('')}</presence>`;
    },
  );

  conversation(
    'says nothing without a card, unless the client asks for it [XEP-0398 4]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence/>`;
      await romeo.gets`<presence from='${juliet}'>${nothing}</presence>`;
      await juliet.sends`<presence><x xmlns='${UPDATE}'/></presence>`;
      await romeo.gets`<presence from='${juliet}'>${update('')}</presence>`;
      await juliet.forgets();
    },
  );
});

describe('the picture', () => {
  const spaced = `\r\n  ${PNG.toString('base64').replace(/.{7}/g, '$&\n\t')}  `;
  conversation('may be written with white space [XEP-0153 4.6]', async ({ juliet }) => {
    await has(juliet, spaced);
    await juliet.sends`<presence/>`;
    await juliet.gets`<presence>${update(hashOf(PNG))}</presence>`;
  });

  for (const binval of ['Base64-encoded-avatar-file-here!', 'AAA', 'AAB=', 'AA==AA==', '&#252;']) {
    conversation(
      `is refused where it is no base64: ${binval} [XEP-0153 4.6]`,
      async ({ juliet }) => {
        await juliet.sends`<iq type='set' id='1'>${cardWith(binval)}</iq>`;
        await getsError(juliet, 'bad-request', 'modify');
        await juliet.sends`<iq type='get' id='2'>${NO_CARD}</iq>`;
        await getsError(juliet, 'item-not-found', 'cancel');
      },
    );
  }

  for (const photo of [
    '<PHOTO/>',
    '<PHOTO><BINVAL/></PHOTO>',
    '<PHOTO><EXTVAL>http://127.0.0.1/</EXTVAL></PHOTO>',
  ]) {
    conversationInside(`is none: ${photo} [XEP-0153 4.5]`, {}, async ({ juliet }, server) => {
      await setsCard(juliet, `<vCard xmlns='vcard-temp'>${photo}</vCard>`);
      expect(await server.storage.vcards.photoHash(juliet.bare)).toBe('');
      expect(await server.storage.users.avatar(juliet.bare)).toBeNull();
    });
  }

  const limits = { config: { modules: { vcard: { maxSize: '2 KiB', maxPhoto: '1000 B' } } } };
  conversation(
    'has a limit, and the card as well [RFC6120 8.3.3.12]',
    limits,
    async ({ juliet }) => {
      await setsCard(juliet, cardWith(Buffer.alloc(1000)), hashOf(Buffer.alloc(1000)));
      await juliet.sends`<iq type='set' id='1'>${cardWith(Buffer.alloc(1001))}</iq>`;
      await getsError(juliet, 'policy-violation', 'modify');
      const card = (length: number) =>
        `<vCard xmlns="vcard-temp"><FN>${'x'.repeat(length)}</FN></vCard>`;
      const room = 2048 - card(0).length;
      await setsCard(juliet, card(room), '');
      await juliet.sends`<iq type='set' id='2'>${card(room + 1)}</iq>`;
      await getsError(juliet, 'policy-violation', 'modify');
    },
  );

  for (const [start, type] of [
    ['\x89PNG\r\n\x1a\n', 'image/png'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['GIF87a', 'image/gif'],
    ['GIF89a', 'image/gif'],
    ['RIFF\x10\x00\x00\x00WEBPVP8 ', 'image/webp'],
    ['RIFF\x10\x00\x00\x00WAVEfmt ', 'application/octet-stream'],
    ['<svg onload="alert(1)"/>', 'application/octet-stream'],
    ['<html>', 'application/octet-stream'],
  ] as const) {
    const name = JSON.stringify(start);
    conversationInside(
      `counts by its data, not by what the card says: ${name} is ${type} [XEP-0153 5]`,
      { quiet: true },
      async ({ juliet }, server) => {
        const data = Buffer.from(`${start}data`, 'latin1');
        await setsCard(juliet, cardWith(data));
        expect(await server.storage.users.avatar(juliet.bare)).toEqual({ type, data });
        await setsCard(juliet, CARD);
        expect(await server.storage.users.avatar(juliet.bare)).toBeNull();
      },
    );
  }
});
