import { z } from 'zod';
import { type Maybe, then } from '../../lib/maybe.ts';
import { asIs, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { size } from '../../server/config/quantities.ts';
import { type AccountRequest, defineModule } from '../../server/module.ts';
import type { Session } from '../../server/session.ts';
import type { VcardRecord } from '../../storage/ports.ts';
import { type Element, parseElement } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { Presences } from '../presence/module.ts';
import { Rosters } from '../roster/rosters.ts';
import { readCard, serverCard } from './card.ts';
import { NS_VCARD } from './photo.ts';
import { hasUpdate, namesPhoto, withPhoto } from './photo-update.ts';

/** Of the picture on the account's card; '' for a card without one, null for no card. */
const PhotoHash = slot<string | null>('hash of the photo');
/** Whether the client says itself, in its presence, which picture it shows. */
const NamesPhoto = slot<boolean>('names its photo', asIs());

const request = { name: 'vCard', xmlns: NS_VCARD } as const;
const text = (length: number) => z.string().min(1).max(length).optional();

/** XEP-0054, and XEP-0153 with the help of the server that XEP-0398 §4 asks for. */
export default defineModule({
  name: 'vcard',
  summary: "Keeps people's visiting cards, and tells in their presence which picture is on them.",
  implements: [
    { xep: 54, version: '1.3.0', status: 'complete' },
    { xep: 153, version: '1.1.1', status: 'complete' },
    {
      xep: 398,
      version: '1.0.0',
      status: 'partial',
      note: 'the hash in presence (§4); there are no avatars by PEP to convert',
    },
  ],
  needs: [Rosters, Presences],
  config: z.strictObject({
    readableBy: z
      .enum(['everyone', 'contacts'])
      .default('everyone')
      .describe("Who may read an account's card: contacts are those who see its presence."),
    maxSize: size({ min: '1 KiB', max: '1 MiB' }).prefault('160 KiB').describe('Of one card.'),
    maxPhoto: size({ min: '0 B', max: '1 MiB' })
      .prefault('100 KiB')
      .describe('Of the picture on a card; there it takes a third more, as base64.'),
    server: z
      .strictObject({
        name: text(255).describe('By default its domain.'),
        organization: text(255).describe('Who runs it.'),
        url: text(1023).describe('Where to read about it.'),
        email: text(255).describe('Where to write to.'),
        description: text(4095).describe('What it is for.'),
      })
      .prefault({})
      .describe("What is on the server's own card."),
  }),
  setup({ config, host, storage, use }) {
    const rosters = use(Rosters);
    const presences = use(Presences);

    /** An account without card is for others as one that does not exist (XEP-0054 §3.3). */
    const get = ({ account, from }: AccountRequest): Maybe<Element> => {
      const isOwn = from.bare.equals(account.jid);
      return then(assertReadable(account, from), () =>
        then(storage.vcards.find(account.owner), (record) => show(record, isOwn)),
      );
    };

    const assertReadable = (account: Account, from: AccountRequest['from']): Maybe<void> =>
      config.readableBy === 'everyone' ? undefined : rosters.assertVisible(account, from);

    const set = ({ account, payload, afterwards }: AccountRequest): Maybe<null> => {
      const { record, nickname, avatar } = readCard(payload, config);
      const { vcards, users, durability } = storage;
      const before = account.get(PhotoHash) ?? '';
      vcards.put(account.owner, record);
      const ticket = users.update(account.owner, { nickname, avatar });
      account.set(PhotoHash, record.photoHash);
      if (record.photoHash !== before) afterwards.push(() => showAnew(account));
      return then(durability.whenCommitted(ticket), () => null);
    };

    /** XEP-0398 §4, for the clients that leave it to the server. */
    const showAnew = (account: Account): void => {
      const hash = account.get(PhotoHash) ?? '';
      presences.refresh(account, (shown, session) =>
        session.get(NamesPhoto) ? shown : withPhoto(shown, hash),
      );
    };

    const load = (account: Account): Maybe<undefined> =>
      then(storage.vcards.photoHash(account.owner), (hash) => {
        // A card that was set meanwhile is newer.
        if (account.get(PhotoHash) === undefined) account.set(PhotoHash, hash);
        return undefined;
      });

    /** XEP-0398 §4. Of an account without card there is nothing to say unless the client asks. */
    const advertise = (stanza: Stanza, session: Session): Stanza => {
      const isNamed = namesPhoto(stanza);
      if (!stanza.to) session.set(NamesPhoto, isNamed);
      const hash = session.account.get(PhotoHash) ?? null;
      if (isNamed || (hash === null && !hasUpdate(stanza))) return stanza;
      return withPhoto(stanza, hash ?? '');
    };

    const isAvailable = ({ type }: Stanza): boolean => type === '';
    return {
      features: { host: [NS_VCARD], account: [NS_VCARD] },
      iq: [
        {
          ...request,
          type: 'get',
          target: 'host',
          answer: () => serverCard(host.domain, config.server),
        },
        { ...request, type: 'set', target: 'host', answer: refuse },
        { ...request, type: 'get', target: 'account', isPrivate: false, answer: get },
        { ...request, type: 'set', target: 'account', isPrivate: true, answer: set },
      ],
      flows: {
        outgoing: {
          presence: {
            check: (stanza, { account }) =>
              isAvailable(stanza) && account.get(PhotoHash) === undefined
                ? load(account)
                : undefined,
            rewrite: (stanza, { session }) =>
              isAvailable(stanza) ? advertise(stanza, session) : stanza,
          },
        },
      },
    };
  },
});

/** XEP-0054 §3.1, §3.3. An empty card is how one takes it back, so others get none. */
function show(record: VcardRecord | null, isOwn: boolean): Element {
  const card = record && parseElement(record.xml);
  if (card && (isOwn || card.children.length > 0)) return card;
  throw new StanzaError(isOwn ? 'item-not-found' : 'service-unavailable');
}

/** XEP-0054 §3.2: only one's own card is one's to change. */
function refuse(): never {
  throw new StanzaError('forbidden');
}
