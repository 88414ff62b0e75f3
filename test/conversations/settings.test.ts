import { expect } from '@jest/globals';
import { z } from 'zod';
import { Disco } from '../../src/modules/disco.ts';
import { defineModule, type ModuleDefinition } from '../../src/server/module.ts';
import { Jid } from '../../src/xmpp/jid.ts';
import { conversationInside } from '../support/conversation.ts';

/** Settings of modules that change while people are signed in. */

const DISCO = 'http://jabber.org/protocol/disco#';

conversationInside(
  'fewer messages wait than before, and those that do are not lost',
  { absent: ['romeo'], config: { modules: { archive: false } } },
  async ({ juliet, romeo }, stage) => {
    await juliet.sends`<message to='${romeo.bare}' type='chat' id='1'><body>One</body></message>`;
    await juliet.settles();
    stage.useSettings({ modules: { offline: { maxMessages: 1 }, archive: false } });
    await juliet.sends`<message to='${romeo.bare}' type='chat' id='2'><body>Two</body></message>`;
    await juliet.gets`<message type='error' id='2'><error type='cancel'/></message>`;
    stage.useSettings({ modules: { offline: { maxMessages: 2 }, archive: false } });
    await juliet.sends`<message to='${romeo.bare}' type='chat' id='3'><body>Three</body></message>`;
    await juliet.getsNothing();
    await romeo.returns();
    await romeo.gets`<message id='1'><body>One</body></message>`;
    await romeo.gets`<message id='3'><body>Three</body></message>`;
  },
);

const MAM = 'urn:xmpp:mam:2';
const FULL_TEXT = '{urn:xmpp:fulltext:0}fulltext';

conversationInside(
  'the search is gone, and comes back with all that was said [XEP-0431 3, XEP-0313 4.1.5]',
  {},
  async ({ juliet, romeo }, stage) => {
    const info = async () => {
      await juliet.sends`<iq type='get' id='d' to='${juliet.bare}'><query xmlns='${DISCO}info'/></iq>`;
      return (await juliet.gets`<iq type='result' id='d'/>`).toString();
    };
    const searches = () => juliet.sends`
      <iq type='set' id='s'><query xmlns='${MAM}'><x xmlns='jabber:x:data' type='submit'>
        <field var='FORM_TYPE'><value>${MAM}</value></field>
        <field var='${FULL_TEXT}'><value>rose</value></field></x></query></iq>`;
    expect(await info()).toContain('urn:xmpp:fulltext:0');
    stage.useSettings({ modules: { archive: { search: false } } });
    expect(await info()).not.toContain('urn:xmpp:fulltext:0');
    await juliet.sends`<message to='${romeo.bare}' type='chat' id='1'><body>a rose</body></message>`;
    await romeo.gets`<message id='1'/>`;
    await searches();
    await juliet.gets`<iq type='error' id='s'><error><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    await juliet.sends`<iq type='get' id='f'><query xmlns='${MAM}'/></iq>`;
    const form = await juliet.gets`<iq type='result' id='f'/>`;
    expect(form.toString()).not.toContain(FULL_TEXT);
    stage.useSettings({});
    await searches();
    await juliet.gets`
      <message><result xmlns='${MAM}'><forwarded xmlns='urn:xmpp:forward:0'>
        <message xmlns='jabber:client' id='1'/></forwarded></result></message>
      <iq type='result' id='s'/>`;
  },
);

conversationInside(
  'what is in memory of a roster stays there, and new contacts find no room',
  { friends: [['juliet', 'romeo']] },
  async ({ juliet, romeo }, stage) => {
    await juliet.sends`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`;
    await juliet.gets`<iq type='result' id='r'><query xmlns='jabber:iq:roster'/></iq>`;
    stage.useSettings({ modules: { roster: { maxItems: 1 } } });
    await juliet.sends`
      <iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='nurse@localhost'/></query></iq>`;
    await juliet.gets`<iq type='error' id='s'><error type='wait'/></iq>`;
    await juliet.sends`
      <iq type='set' id='n'><query xmlns='jabber:iq:roster'>
        <item jid='${romeo.bare}' name='R'/></query></iq>`;
    await juliet.gets`<iq type='set'><query xmlns='jabber:iq:roster'><item jid='${romeo.bare}' name='R'/></query></iq>`;
    await juliet.gets`<iq type='result' id='n'/>`;
    await juliet.sends`<presence><show>away</show></presence>`;
    await juliet.gets`<presence from='${juliet}'><show>away</show></presence>`;
    await romeo.gets`<presence from='${juliet}'><show>away</show></presence>`;
  },
);

conversationInside('new addresses are shown at once', {}, async ({ juliet }, stage) => {
  await juliet.exists();
  const uri = 'mailto:abuse@example.org';
  stage.useSettings({ modules: { 'contact-addresses': { abuse: [uri] } } });
  await juliet.sends`<iq type='get' id='d' to='${stage}'><query xmlns='${DISCO}info'/></iq>`;
  const answer = await juliet.gets`<iq type='result' id='d'/>`;
  expect(answer.toString()).toContain(uri);
});

conversationInside('whoever connects then may sign up', {}, async ({ juliet }, stage) => {
  await juliet.exists();
  expect(juliet.features).not.toContain('iq-register');
  stage.useSettings({ modules: { registration: { signUp: true } } });
  await juliet.leaves();
  await juliet.connectsSecurely();
  expect(juliet.features).toContain('iq-register');
});

conversationInside(
  'since when the server is there does not change [XEP-0012 7]',
  {},
  async ({ juliet }, stage) => {
    await juliet.exists();
    stage.clock.advance(60_000);
    // What last activity needs is set up anew, and so is it.
    stage.useSettings({ modules: { roster: { maxItems: 7 } } });
    await juliet.sends`<iq type='get' id='l' to='${stage}'><query xmlns='jabber:iq:last'/></iq>`;
    await juliet.gets`<iq type='result' id='l'><query xmlns='jabber:iq:last' seconds='60'/></iq>`;
  },
);

/** Tells of items, as often as it is set up and not stopped. */
const stables = defineModule({
  name: 'stables',
  summary: 'Keeps horses.',
  needs: [Disco],
  config: z.strictObject({ horses: z.int().default(1) }),
  setup({ use, config }) {
    const items = () => [{ jid: Jid.of('', `h${config.horses}.localhost`) }];
    return { stop: use(Disco).addToHost({ items }) };
  },
}) as ModuleDefinition;

conversationInside(
  'what a module has told another goes with its settings',
  { modules: [stables] },
  async ({ juliet }, stage) => {
    await juliet.exists();
    stage.useSettings({ modules: { stables: { horses: 2 } } });
    await juliet.sends`<iq type='get' id='i' to='${stage}'><query xmlns='${DISCO}items'/></iq>`;
    const answer = await juliet.gets`<iq type='result' id='i'/>`;
    expect(answer.toString().match(/h\d\.localhost/g)).toEqual(['h2.localhost']);
  },
);

let held = Promise.withResolvers<void>();
/** Lets messages wait, and signs those that it has let through. */
const lock = defineModule({
  name: 'lock',
  summary: 'Lets messages wait.',
  config: z.strictObject({ key: z.string().default('old') }),
  setup: ({ config }) => ({
    flows: {
      outgoing: {
        message: {
          check: (stanza) =>
            stanza.id === 'slow' ? held.promise.then(() => undefined) : undefined,
          rewrite: (stanza) => stanza.with({ lang: config.key }),
        },
      },
    },
  }),
}) as ModuleDefinition;

conversationInside(
  'a stanza under way goes on by the settings that it began with',
  { modules: [lock] },
  async ({ juliet, romeo }, stage) => {
    held = Promise.withResolvers<void>();
    await juliet.sends`<message to='${romeo}' id='slow'/>`;
    await stage.idle();
    stage.useSettings({ modules: { lock: { key: 'new' } } });
    held.resolve();
    await romeo.gets`<message id='slow' xml:lang='old'/>`;
    await juliet.sends`<message to='${romeo}' id='next'/>`;
    await romeo.gets`<message id='next' xml:lang='new'/>`;
  },
);

let stopped: number[] = [];
/** Cannot be set up with settings that look well. */
const fussy = defineModule({
  name: 'fussy',
  summary: 'Dislikes numbers.',
  config: z.strictObject({ number: z.int().default(1) }),
  setup({ config }) {
    if (config.number === 3) throw new Error('not three');
    return { stop: () => void stopped.push(config.number) };
  },
}) as ModuleDefinition;

conversationInside(
  'when one module cannot be set up, nothing has changed',
  { modules: [fussy, stables] },
  async ({ juliet }, stage) => {
    await juliet.exists();
    stopped = [];
    const { host } = stage.server.find('localhost')!;
    const before = host.parts;
    const settings = { modules: { fussy: { number: 3 }, offline: { maxMessages: 0 } } };
    expect(() => stage.useSettings(settings)).toThrow('not three');
    expect([host.parts, stopped]).toEqual([before, []]);
    stage.useSettings({ modules: { fussy: { number: 2 } } });
    expect(stopped).toEqual([1]);
  },
);

conversationInside(
  'what is as it was is not set up anew',
  { modules: [fussy] },
  async ({ juliet }, stage) => {
    await juliet.exists();
    stopped = [];
    stage.useSettings({ modules: { offline: { maxMessages: 3 } } });
    expect(stopped).toEqual([]);
  },
);
