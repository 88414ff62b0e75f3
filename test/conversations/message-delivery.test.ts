import { describe } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation } from '../support/conversation.ts';

/**
 * RFC 6121 §8.5.4: who gets a message to an account that exists, by its type,
 * by the address, and by what the account's resources are doing. Of the
 * choices that the standard leaves, these are Epode's: all non-negative
 * resources, and offline storage.
 */

const TYPES = ['normal', 'chat', 'groupchat', 'headline', 'error'] as const;
type Type = (typeof TYPES)[number];

/** A resource as it is: connected only, or available with this priority. */
type Presence = number | 'connected';

interface Resources {
  readonly laptop?: Presence;
  readonly phone?: Presence;
}

const SITUATIONS: readonly Resources[] = [
  {},
  { laptop: 'connected' },
  { laptop: -1 },
  { laptop: 0 },
  { laptop: -1, phone: -128 },
  { laptop: -1, phone: 1 },
  { laptop: 'connected', phone: 0 },
  { laptop: 0, phone: 127 },
];

type Fate = 'delivered' | 'stored' | 'refused' | 'ignored';

function fateAtBare(type: Type, resources: Resources): Fate {
  const someoneReads = Object.values(resources).some(isReachable);
  switch (type) {
    case 'groupchat':
      return 'refused';
    case 'error':
      return 'ignored';
    case 'headline':
      return someoneReads ? 'delivered' : 'ignored';
    default:
      return someoneReads ? 'delivered' : 'stored';
  }
}

function fateAtAbsent(type: Type, resources: Resources): Fate {
  if (type === 'chat') return fateAtBare(type, resources);
  return type === 'headline' || type === 'error' ? 'ignored' : 'refused';
}

function isReachable(presence: Presence | undefined): boolean {
  return typeof presence === 'number' && presence >= 0;
}

const ERROR = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

function message(to: string, type: Type): string {
  return `<message to='${to}' type='${type}' id='m'><body>Hi</body>${type === 'error' ? ERROR : ''}</message>`;
}

/** Brings romeo's resources into the situation, with none of its traces left. */
async function enter(clients: Record<'laptop' | 'phone', Client>, resources: Resources) {
  for (const name of ['laptop', 'phone'] as const) {
    const presence = resources[name];
    if (presence === undefined) continue;
    await clients[name].signsIn({ quietly: true });
    if (presence === 'connected') continue;
    await clients[name].sends`<presence><priority>${presence}</priority></presence>`;
  }
  for (const name of ['laptop', 'phone'] as const) {
    if (resources[name] !== undefined) await clients[name].forgets();
  }
}

function story(
  type: Type,
  address: 'bare' | 'absent' | 'laptop',
  resources: Resources,
  fate: Fate,
) {
  const situation = JSON.stringify(resources).replaceAll('"', '');
  const title = `${type} to the ${address} address, ${situation}: ${fate} [RFC6121 8.5.4]`;
  conversation(
    title,
    { absent: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone, tablet } }) => {
      await enter({ laptop, phone }, resources);
      const to = { bare: laptop.bare, absent: `${laptop.bare}/gone`, laptop: `${laptop}` }[address];
      await juliet.sends`${message(to, type)}`;
      if (fate === 'refused') {
        await juliet.gets`
        <message type='error' id='m' from='${to}'>
          <error type='cancel'>
            <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </message>`;
      }
      for (const [name, client] of Object.entries({ laptop, phone })) {
        const isReader =
          address === 'laptop' ? name === 'laptop' : isReachable(resources[name as 'laptop']);
        if (fate === 'delivered' && isReader) {
          await client.gets`<message to='${to}' type='${type}' id='m'><body>Hi</body></message>`;
        }
      }
      await juliet.getsNothing();
      await tablet.signsIn({ quietly: true });
      await tablet.sends`<presence><priority>5</priority></presence>`;
      await tablet.gets`<presence from='${tablet}'/>`;
      const available = [];
      for (const [name, client] of Object.entries({ laptop, phone })) {
        if (typeof resources[name as 'laptop'] !== 'number') continue;
        available.push(`<presence from='${client}'/>`);
        await client.gets`<presence from='${tablet}'/>`;
      }
      await tablet.getsInAnyOrder`${available.join('')}`;
      if (fate === 'stored') await tablet.gets`<message id='m'><body>Hi</body></message>`;
      await tablet.getsNothing();
    },
  );
}

for (const type of TYPES) {
  describe(`messages of type ${type}`, () => {
    for (const resources of SITUATIONS) {
      story(type, 'bare', resources, fateAtBare(type, resources));
      story(type, 'absent', resources, fateAtAbsent(type, resources));
      if (resources.laptop !== undefined) story(type, 'laptop', resources, 'delivered');
    }
  });
}
