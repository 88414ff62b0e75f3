import { describe, expect } from '@jest/globals';
import { archivedIn, readsArchive } from '../support/archive.ts';
import { CALL, CALL_INVITES, hears, JINGLE, jingle, jmi, says } from '../support/calls.ts';
import { copy, enableCarbons } from '../support/carbons.ts';
import type { Client } from '../support/client.ts';
import { conversation } from '../support/conversation.ts';

/** Calls, from the first ring to the end, as two people with two devices each have them. */

const friends = [['juliet', 'romeo']] as const;

/** Answers a request of the other device. */
async function acknowledges(who: Client, whom: Client): Promise<void> {
  await who.sends`<iq type='result' id='j' to='${whom}'/>`;
  await whom.gets`<iq type='result' id='j' from='${who}'/>`;
}

/** The steps in an account's archive, in their order. */
async function stepsIn(who: Client): Promise<readonly string[]> {
  const { results } = await readsArchive(who);
  return results.map((result) => archivedIn(result).getChildElements()[0]!.getName());
}

conversation(
  'all devices ring, one takes the call, and all know when it is over [XEP-0353 3.1, XEP-0353 3.4, XEP-0353 3.7, XEP-0166 6.2]',
  { friends, absent: ['juliet.tablet'] },
  async ({ romeo: { laptop, phone }, juliet: { laptop: hers, phone: handset, tablet } }) => {
    await enableCarbons(laptop, phone, hers, handset);

    await laptop.sends`${says('propose', hers.bare)}`;
    for (const device of [hers, handset]) await device.gets`${hears('propose', laptop)}`;
    await phone.gets`${copy(phone, 'sent', hears('propose', laptop))}`;

    await handset.sends`${says('ringing', laptop, { hint: '' })}`;
    await laptop.gets`${hears('ringing', handset)}`;
    await phone.gets`${copy(phone, 'received', hears('ringing', handset))}`;
    await hers.gets`${copy(hers, 'sent', hears('ringing', handset))}`;

    await handset.sends`${says('proceed', laptop)}`;
    await laptop.gets`${hears('proceed', handset)}`;
    await phone.gets`${copy(phone, 'received', hears('proceed', handset))}`;
    // The laptop stops ringing by this.
    await hers.gets`${copy(hers, 'sent', hears('proceed', handset))}`;

    await laptop.sends`${jingle('session-initiate', handset)}`;
    await handset.gets`${jingle('session-initiate', handset)}`;
    await acknowledges(handset, laptop);
    await handset.sends`${jingle('session-accept', laptop)}`;
    await laptop.gets`${jingle('session-accept', laptop)}`;
    await acknowledges(laptop, handset);
    await laptop.sends`${jingle('session-terminate', handset)}`;
    await handset.gets`${jingle('session-terminate', handset)}`;
    await acknowledges(handset, laptop);

    await laptop.sends`${says('finish', handset)}`;
    await handset.gets`${hears('finish', laptop)}`;
    await hers.gets`${copy(hers, 'received', hears('finish', laptop))}`;
    await phone.gets`${copy(phone, 'sent', hears('finish', laptop))}`;

    await tablet.returns();
    for (const device of [tablet, hers, handset, laptop, phone]) await device.forgets();
    const steps = ['propose', 'proceed', 'finish'];
    for (const device of [tablet, phone]) expect(await stepsIn(device)).toEqual(steps);
  },
);

describe('whoever', () => {
  conversation(
    'refuses a call on one device has it stop on the others [XEP-0353 3.5]',
    async ({ romeo, juliet: { laptop, phone } }) => {
      await enableCarbons(laptop, phone);
      await romeo.sends`${says('propose', laptop.bare)}`;
      for (const device of [laptop, phone]) await device.gets`${hears('propose', romeo)}`;
      await phone.sends`${says('reject', romeo)}`;
      await romeo.gets`${hears('reject', phone)}`;
      await laptop.gets`${copy(laptop, 'sent', hears('reject', phone))}`;
    },
  );

  conversation(
    'gives up calling has it stop everywhere [XEP-0353 3.3]',
    async ({ romeo, juliet: { laptop, phone } }) => {
      await romeo.sends`${says('propose', laptop.bare)}${says('retract', laptop.bare)}`;
      for (const device of [laptop, phone]) {
        await device.gets`${hears('propose', romeo)}${hears('retract', romeo)}`;
      }
    },
  );

  conversation(
    'has a device that shall get no messages hears it ring there, too [XEP-0353 2]',
    async ({ romeo, juliet: { laptop, phone } }) => {
      await enableCarbons(laptop, phone);
      for (const device of [laptop, phone]) {
        await device.sends`<presence><priority>-1</priority></presence>`;
        await device.forgets();
      }
      await laptop.forgets();
      await romeo.sends`${says('propose', laptop.bare)}`;
      for (const device of [laptop, phone]) {
        await device.gets`${copy(device, 'received', hears('propose', romeo))}`;
      }
    },
  );

  conversation(
    'answers a device that has gone answers the others of that account [XEP-0353 3.4, RFC6121 8.5.3.2.1]',
    async ({ romeo, juliet: { laptop, phone } }) => {
      await laptop.sends`${says('propose', romeo.bare)}`;
      await romeo.gets`${hears('propose', laptop)}`;
      await laptop.leaves();
      await phone.forgets();
      await romeo.sends`${says('proceed', laptop)}`;
      await phone.gets`${hears('proceed', romeo)}`;
      await romeo.sends`${jingle('session-initiate', laptop)}`;
      await romeo.gets`<iq type='error' id='j' from='${laptop}'><error type='cancel'>
        <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    },
  );
});

const DIALECTS: readonly (readonly [what: string, step: string, content: string])[] = [
  ['a proposal of type normal', 'propose', jmi('propose')],
  ['an acceptance', 'accept', `<accept xmlns='urn:xmpp:jingle-message:1' id='${CALL}'/>`],
  ['an invitation', 'invite', `<invite xmlns='${CALL_INVITES}'><jingle sid='s'/></invite>`],
  [
    'an answer to one',
    'accept',
    `<accept xmlns='${CALL_INVITES}' id='i'><jingle sid='s'/></accept>`,
  ],
  ['leaving one', 'left', `<left xmlns='${CALL_INVITES}' id='i'/>`],
  ['one as Dino sends it', 'propose', "<propose xmlns='urn:xmpp:call-message:1' id='i'/>"],
];
for (const [what, step, content] of DIALECTS) {
  conversation(
    `${what} reaches all devices of both, and their archives [XEP-0353 5, XEP-0482 2, XEP-0482 3]`,
    async ({ romeo: { laptop, phone }, juliet: { laptop: hers, phone: handset } }) => {
      await enableCarbons(phone, handset);
      await laptop.sends`<message to='${hers}' id='i'>${content}</message>`;
      const shown = `<message from='${laptop}'>${content}</message>`;
      await hers.gets`${shown}`;
      await handset.gets`${copy(handset, 'received', shown)}`;
      await phone.gets`${copy(phone, 'sent', shown)}`;
      for (const device of [phone, handset]) expect(await stepsIn(device)).toEqual([step]);
    },
  );
}

conversation(
  'that it rings is kept only where that is asked for [XEP-0353 3.2, XEP-0334 4.4]',
  async ({ romeo, juliet }) => {
    await juliet.sends`${says('ringing', romeo, { hint: '' })}`;
    await romeo.gets`${hears('ringing', juliet)}`;
    expect(await stepsIn(romeo)).toEqual([]);
    await juliet.sends`${says('ringing', romeo)}`;
    await romeo.gets`${hears('ringing', juliet)}`;
    expect(await stepsIn(romeo)).toEqual(['ringing']);
  },
);

conversation(
  'what devices tell each other comes byte by byte [XEP-0166 6, XEP-0167 5, XEP-0176 5.2, XEP-0320 3]',
  { friends },
  async ({ romeo, juliet }) => {
    const content = `<jingle xmlns="${JINGLE}"  action='session-initiate' sid='s'><content
      creator='initiator' name="voice"><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'>
      <payload-type id='111' name='opus' clockrate='48000' channels='2'><parameter name='useinbandfec' value='1'/></payload-type>
      <x:odd xmlns:x='urn:x' x:y='&#x27;&lt;'/></description><transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'
      pwd='asd88fgpdd777uzjYhagZg' ufrag='8hhy'><fingerprint xmlns='urn:xmpp:jingle:apps:dtls:0'
      hash='sha-256' setup='actpass'>02:1A:CC</fingerprint><candidate component='1' foundation='1' generation='0'
      id='el0747fg11' ip='10.0.1.1' network='1' port='8998' priority='2130706431' protocol='udp' type='host'/></transport></content></jingle>`;
    await romeo.sends`<iq type='set' id='j' to='${juliet}'>${content}</iq>`;
    await juliet.gets`<iq type='set' id='j' from='${romeo}'/>`;
    expect(juliet.lastText).toContain(content);
    await acknowledges(juliet, romeo);
  },
);
