import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  announces,
  answers,
  becomesKnown,
  isAsked,
  isKnownFor,
  pc,
  verFor,
  witness,
} from '../support/capabilities.ts';
import { type ConversationOptions, conversationInside, nothing } from '../support/conversation.ts';
import { Fortress } from './support/fortress.ts';

const CAPS = 'http://jabber.org/protocol/caps';
const FORMS = 'jabber:x:data';

const inside: ConversationOptions = { modules: [witness] };

const CHAT = pc('urn:a', 'urn:b');
const CHAT_VER = verFor(CHAT);

function form(type: string, name: string, value: string): string {
  return `
    <x xmlns='${FORMS}' type='result'>
      <field var='FORM_TYPE' type='hidden'><value>${type}</value></field>
      <field var='${name}'><value>${value}</value></field>
    </x>`;
}

describe('a set that is not what its hash says counts for the liar alone [XEP-0115 5.4, 9.3]', () => {
  const identity = "<identity category='client' type='pc' name='Chat'/>";
  const honest = `${identity}<feature var='urn:a'/><feature var='urn:b'/><feature var='urn:c'/>`;
  const ver = verFor(honest);
  const lies: [what: string, answer: string, features: string][] = [
    ['another set', `${identity}<feature var='urn:a'/>`, 'urn:a'],
    ['a set that is ill-formed', `${honest}<feature var='urn:c'/>`, 'urn:a urn:b urn:c'],
    [
      'one with the same string, its features in a name',
      "<identity category='client' type='pc' name='Chat&lt;urn:a&lt;urn:b'/><feature var='urn:c'/>",
      'urn:c',
    ],
    [
      'one with the same string, its features in one',
      `${identity}<feature var='urn:a'/><feature var='urn:b&lt;urn:c'/>`,
      'urn:a urn:b<urn:c',
    ],
    [
      'one with the same string, its features in a form',
      `${identity}${form('urn:a', 'urn:b', 'urn:c')}`,
      '',
    ],
  ];
  for (const [what, answer, features] of lies) {
    conversationInside(what, inside, async ({ tybalt, juliet, romeo }) => {
      await announces(tybalt, ver);
      await answers(tybalt, await isAsked(tybalt, ver), answer);
      await becomesKnown(tybalt, features.replaceAll('<', '&lt;'));
      await announces(juliet, ver);
      const id = await isAsked(juliet, ver);
      await announces(tybalt, ver);
      await tybalt.getsNothing();
      await answers(juliet, id, honest);
      await becomesKnown(juliet, 'urn:a urn:b urn:c');
      await announces(romeo, ver);
      await becomesKnown(romeo, 'urn:a urn:b urn:c');
    });
  }

  const dubious = `${identity}<feature var='urn:z'/>${form('urn:f', 'x', 'y&lt;z')}`;
  conversationInside(
    'nor is one with < in a value believed',
    inside,
    async ({ tybalt, juliet }) => {
      for (const client of [tybalt, juliet]) {
        await announces(client, verFor(dubious));
        await answers(client, await isAsked(client, verFor(dubious)), dubious);
        await becomesKnown(client, 'urn:z');
      }
    },
  );
});

describe('an answer that is too large is not read [XEP-0115 6.2]', () => {
  const many = (count: number, part: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => part(at)).join('');
  const bombs: [string, string][] = [
    [
      'in bytes',
      pc(
        ...many(2, (at) => `urn:${at}${'x'.repeat(8192)} `)
          .trim()
          .split(' '),
      ),
    ],
    ['in features', pc(...Array.from({ length: 257 }, (_, at) => `urn:${at}`))],
    ['in identities', many(17, (at) => `<identity category='client' type='${at}'/>`)],
    ['in forms', pc('urn:z') + many(9, (at) => form(`urn:${at}`, 'a', 'b'))],
    ['in depth', `${pc('urn:a')}${'<a>'.repeat(90)}${'</a>'.repeat(90)}${'<b/>'.repeat(4000)}`],
  ];
  for (const [what, answer] of bombs) {
    conversationInside(what, inside, async ({ tybalt, juliet }) => {
      const ver = verFor(answer);
      await announces(tybalt, ver);
      await answers(tybalt, await isAsked(tybalt, ver), answer);
      await isKnownFor(tybalt, nothing);
      await announces(tybalt, ver);
      await tybalt.getsNothing();
      await announces(juliet, ver);
      await isAsked(juliet, ver);
    });
  }

  conversationInside('and one that is not is', inside, async ({ juliet, romeo }) => {
    const features = Array.from({ length: 256 }, (_, at) => `urn:${at}`);
    const answer = pc(...features);
    await announces(juliet, verFor(answer));
    await answers(juliet, await isAsked(juliet, verFor(answer)), answer);
    await becomesKnown(juliet, features.join(' '));
    await announces(romeo, verFor(answer));
    await becomesKnown(romeo, features.join(' '));
  });
});

describe('what a client announces is not repeated without end', () => {
  conversationInside('a node or hash that is too long', inside, async ({ tybalt }) => {
    const long = 'x'.repeat(1001);
    await announces(tybalt, CHAT_VER, `hash='sha-1' node='${long}'`);
    await announces(tybalt, long, "hash='sha-1' node='https://client.example'");
    await announces(tybalt, CHAT_VER, `hash='${long}' node='https://client.example'`);
    await tybalt.getsNothing();
  });

  conversationInside(
    'presence that names another set each time is asked five times, then once a minute',
    inside,
    async ({ tybalt }, server) => {
      const lie = async (ver: string) => {
        await announces(tybalt, ver);
        await answers(tybalt, await isAsked(tybalt, ver), pc('urn:lie'));
        await becomesKnown(tybalt, 'urn:lie');
      };
      for (const ver of ['1', '2', '3', '4', '5']) await lie(ver);
      for (let ver = 6; ver < 60; ver++) await announces(tybalt, String(ver));
      await tybalt.getsNothing();
      server.clock.advance(59_000);
      await tybalt.getsNothing();
      server.clock.advance(1000);
      await isAsked(tybalt, '59');
      for (let ver = 60; ver < 100; ver++) await announces(tybalt, String(ver));
      server.clock.advance(29_000);
      await tybalt.getsNothing();
    },
  );

  conversationInside(
    'and nothing is left to do for a client that has gone',
    inside,
    async ({ tybalt, juliet }, server) => {
      for (const ver of ['1', '2', '3', '4', '5', '6']) {
        await announces(tybalt, ver);
        if (ver !== '6') await answers(tybalt, await isAsked(tybalt, ver), pc('urn:lie'));
        if (ver !== '6') await becomesKnown(tybalt, 'urn:lie');
      }
      const before = server.clock.pending;
      await tybalt.leaves();
      await juliet.settles();
      expect(server.clock.pending).toBe(before - 1);
    },
  );
});

describe('an answer counts only from whom it was asked, for what was asked', () => {
  conversationInside(
    'not from another user, nor with another id or address',
    inside,
    async ({ juliet, tybalt }) => {
      await announces(juliet, CHAT_VER);
      const id = await isAsked(juliet, CHAT_VER);
      for (const to of ["to='localhost'", `to='${juliet}'`, `to='${juliet.bare}'`, '']) {
        await answers(tybalt, id, CHAT, to);
      }
      const forged = await juliet.gets`<iq type='result' id='${id}' from='${tybalt}'/>`;
      expect(forged.attrs.to).toBe(juliet.toString());
      for (const to of ['', `to='${juliet.bare}'`, `to='${juliet}'`, "to='elsewhere.example'"]) {
        await answers(juliet, id, CHAT, to);
      }
      await juliet.forgets();
      await answers(juliet, `${id}x`, CHAT);
      await isKnownFor(juliet, nothing);
      await answers(juliet, id, CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
      await answers(juliet, id, pc('urn:other'));
      await isKnownFor(juliet, 'urn:a urn:b');
    },
  );

  conversationInside('not when nobody has asked', inside, async ({ tybalt }) => {
    await answers(tybalt, CHAT_VER, CHAT);
    await isKnownFor(tybalt, nothing);
  });
});

describe('a client that is asked for all and says nothing', () => {
  conversationInside(
    'keeps the others waiting once, for as long as one question may take',
    inside,
    async ({ tybalt, benvolio, mercutio, juliet, romeo }, server) => {
      const silent = [tybalt, benvolio, mercutio];
      for (const client of [...silent, juliet, romeo]) await announces(client, CHAT_VER);
      await isAsked(tybalt, CHAT_VER);
      await juliet.getsNothing();
      server.clock.advance(30_000);
      const id = await isAsked(juliet, CHAT_VER);
      for (const client of [benvolio, mercutio, romeo]) await isAsked(client, CHAT_VER);
      await answers(juliet, id, CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
    },
  );
});

describe('a server that is asked to look at bad announcements', () => {
  let fortress: Fortress;
  beforeAll(async () => {
    fortress = await Fortress.build();
  }, 30_000);
  afterAll(() => fortress.raze());

  test('stands, and asks one client no more than it may', async () => {
    const attacker = await fortress.signIn('attacker', 'a');
    for (let at = 0; at < 2000; at++) {
      const c = `<c xmlns='${CAPS}' hash='sha-1' node='x' ver='${at}'/>`;
      attacker.says(`<presence>${c}</presence>`);
      attacker.says(`<presence>${'<c/>'.repeat(10)}<c xmlns='${CAPS}'/></presence>`);
    }
    const heard = await attacker.fence();
    expect(heard.match(/type='get'/g)).toHaveLength(1);
    const id = /<iq [^>]*type='get' id='([^']*)'/.exec(heard)?.[1];
    const bomb = `<feature var='${'x'.repeat(8)}'/>`.repeat(5000);
    attacker.says(
      `<iq type='result' id='${id}' to='open.example'>` +
        `<query xmlns='http://jabber.org/protocol/disco#info'>${bomb}</query></iq>`,
    );
    await attacker.hears('node="x#1999"/></iq>');
    expect(await attacker.fence()).toBe('');
    await fortress.stands(attacker);
    attacker.leaves();
  });
});
