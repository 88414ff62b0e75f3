import { z } from 'zod';
import { type Maybe, then } from '../../lib/maybe.ts';
import { duration, size } from '../../server/config/quantities.ts';
import { AccountIdle } from '../../server/events.ts';
import type { Incoming } from '../../server/flow.ts';
import { type AccountRequest, defineModule, on } from '../../server/module.ts';
import type { Element } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import { NS_RSM } from '../../xmpp/rsm.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { Rosters } from '../roster/rosters.ts';
import { catchUp } from './catching-up.ts';
import { archiveCommands } from './commands.ts';
import { ArchiveIds, KEY_LENGTH } from './ids.ts';
import { Inbox, NS_INBOX } from './inbox.ts';
import { NS_MAM } from './namespace.ts';
import { decodePreferences, encodePreferences } from './preference-codec.ts';
import { PreferenceMemory } from './preferences.ts';
import { Queries } from './queries.ts';
import { encodeQueryForm, NS_FULL_TEXT } from './query-form.ts';
import { Recorder } from './recorder.ts';
import { encodeMetadata, isResult } from './results.ts';
import { prune } from './retention.ts';

/** XEP-0313. Of a message between two accounts of this server the text is stored once. */
export default defineModule({
  name: 'archive',
  hosts: ['accounts'],
  summary: 'Keeps the conversations of each account, so that all its devices have them.',
  implements: [
    { xep: 59, version: '1.0', status: 'complete' },
    { xep: 313, version: '1.1.3', status: 'complete' },
    { xep: 334, version: '1.0.0', status: 'complete' },
    { xep: 359, version: '0.7.0', status: 'complete' },
    { xep: 430, version: '0.2.0', status: 'complete' },
    { xep: 431, version: '0.2.0', status: 'complete' },
    { xep: 441, version: '0.2.0', status: 'complete' },
  ],
  needs: [Rosters],
  after: ['blocking', 'messages'],
  config: z.strictObject({
    default: z
      .enum(['always', 'roster', 'never'])
      .default('always')
      .describe(
        'Whose messages are kept, where an account has not said: all, those with contacts, none.',
      ),
    expireAfter: duration({ min: '1h', max: '3650d' })
      .optional()
      .describe('How long a message is kept; without it, for ever.'),
    maxMessages: z
      .int()
      .positive()
      .optional()
      .describe('Messages of one account, the newest of which are kept; without it, all.'),
    search: z
      .boolean()
      .default(true)
      .describe(
        'Whether clients and `epode archive search` find messages by their words; with it off in every host no index of words is kept.',
      ),
    maxPage: z.int().min(1).max(1000).default(100).describe('Messages in one answer.'),
    // All of them go out at once, and must not fill the queue of who has asked.
    maxPageBytes: size({ min: '1 KiB', max: '1 GiB' })
      .prefault('1 MiB')
      .describe('Bytes of one answer, unless one message has more; well below limits.queue.'),
  }),
  setup({ config, host, storage, clock, log, use }) {
    const { archive, durability } = storage;
    const { accounts } = host;
    const ids = new ArchiveIds(storage.secret('archive ids', KEY_LENGTH));
    const preferences = new PreferenceMemory(archive, use(Rosters), config.default);
    const recorder = new Recorder({ archive, ids, preferences });
    const queries = new Queries({ archive, ids }, config);
    const inbox = new Inbox({ archive, ids });
    archive.keepIndex(host.domain, config.search);

    const metadata = ({ account }: AccountRequest): Maybe<Element> =>
      then(queries.bounds(account), (bounds) => encodeMetadata(account, ids, bounds));

    const getPreferences = ({ account }: AccountRequest): Maybe<Element> =>
      then(preferences.of(account), encodePreferences);

    const setPreferences = ({ account, payload }: AccountRequest): Maybe<Element> => {
      const wanted = decodePreferences(payload);
      const ticket = preferences.set(account, wanted);
      return then(durability.whenCommitted(ticket), () => encodePreferences(wanted));
    };

    const request = { xmlns: NS_MAM, target: 'account', isPrivate: true } as const;
    return {
      commands: archiveCommands({ archive, durability, ids, clock, domain: host.domain }, config),
      features: {
        // Some look at the server alone (Profanity 0.13).
        host: [NS_MAM],
        account: [
          ...(config.search ? [NS_FULL_TEXT] : []),
          NS_INBOX,
          NS_MAM,
          `${NS_MAM}#extended`,
          `${NS_MAM}#groupchat-field`,
          NS.stanzaId,
          NS_RSM,
        ],
      },
      iq: [
        { ...request, type: 'get', name: 'query', answer: () => encodeQueryForm(queries.form) },
        { ...request, type: 'set', name: 'query', answer: queries.answer.bind(queries) },
        { ...request, type: 'get', name: 'metadata', answer: metadata },
        {
          ...request,
          type: 'get',
          name: 'prefs',
          answer: getPreferences,
        },
        { ...request, type: 'set', name: 'prefs', answer: setPreferences },
        {
          ...request,
          type: 'get',
          name: 'inbox',
          xmlns: NS_INBOX,
          answer: (asked: AccountRequest) => inbox.answer(asked),
        },
      ],
      sessionFeatures: [
        {
          var: NS_MAM,
          accepts: [],
          prepare: (username) => catchUp(username, { accounts, ids, queries }),
        },
      ],
      facts: (account) =>
        then(queries.count(account), (archivedMessages) => ({ archivedMessages })),
      on: [on(AccountIdle, ({ account }) => preferences.mayForget(account))],
      stop: prune(host.domain, config, { archive, clock, log }),
      flows: {
        outgoing: {
          message: {
            check: (stanza, { account }) => recorder.foresee(account, stanza.to),
            rewrite: withoutResults,
            store: (stanza, context) => recorder.storeSent(stanza, context),
          },
        },
        incoming: {
          message: {
            check: (stanza, { account }) => recorder.foresee(account, stanza.from),
            rewrite: withoutForgeries,
            store: (stanza, context) => recorder.storeReceived(stanza, context),
          },
        },
      },
    };
  },
});

/** No client is an archive. */
function withoutResults(stanza: Stanza): Stanza {
  return stanza.content.children.some(isResult) ? stanza.edit({ drop: isResult }) : stanza;
}

/**
 * Archives are at bare addresses, rooms' for example, and the account's own sends its results
 * elsewhere: what others claim to have out of one, a client may believe (XEP-0313 §8.2).
 */
function withoutForgeries(stanza: Stanza, { account }: Incoming): Stanza {
  const { from } = stanza;
  const isOfArchive = from?.isBare === true && from.bareString !== account?.owner;
  return isOfArchive ? stanza : withoutResults(stanza);
}
