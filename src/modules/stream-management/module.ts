import { z } from 'zod';
import { type Maybe, then } from '../../lib/maybe.ts';
import { randomText } from '../../lib/random.ts';
import { duration, size } from '../../server/config/quantities.ts';
import { SessionDetached, SessionEnded } from '../../server/events.ts';
import { defineModule, on } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import { NS_SM } from '../../server/stream-management.ts';
import type { ClientStream } from '../../stream/client-stream.ts';
import { type Element, serialize, xml } from '../../xml/element.ts';
import { StreamError } from '../../xmpp/errors.ts';
import { type Resumption, remember, resume } from './resumption.ts';
import { enabled, readEnable, readH, refused } from './syntax.ts';

const nonza = (name: string) => ({ name, xmlns: NS_SM }) as const;
const offer = () => xml('sm', { xmlns: NS_SM });
const OFFER = serialize(offer());

/** Bytes of an id: nobody guesses one. */
const ID_SIZE = 18;

/** XEP-0198. */
export default defineModule({
  name: 'stream-management',
  summary: 'Tells clients what has arrived, and lets them go on where their connection broke.',
  implements: [{ xep: 198, version: '1.6.3', status: 'complete' }],
  config: z.strictObject({
    hold: duration({ min: '0s', max: '1d' })
      .prefault('5m')
      .describe(
        'How long a session waits for a client that has lost its connection; `0s`: not at all.',
      ),
    detachedPerAccount: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe('Sessions of one account that wait; with one more, the oldest ends.'),
    maxStanzas: z
      .int()
      .min(100)
      .max(1_000_000)
      .default(10_000)
      .describe('Stanzas that one client has not acknowledged; with one more, its session ends.'),
    maxBytes: size({ min: '64 KiB', max: '1 GiB' }).prefault('4 MiB').describe('Bytes of them.'),
    answerWithin: duration({ min: '5s', max: '1h' })
      .prefault('60s')
      .describe('How long a client may take to acknowledge; then its connection counts as lost.'),
  }),
  setup({ config, host, log }) {
    const { maxStanzas, maxBytes, answerWithin: patience } = config;

    const enable = (session: Session, element: Element): Element => {
      if (session.management) return refused('unexpected-request');
      const { wantsResumption, hold: wish } = readEnable(element);
      const hold = wantsResumption ? Math.min(wish || config.hold, config.hold) : 0;
      const id = hold > 0 ? randomText(ID_SIZE) : '';
      session.manage({ id, hold, maxStanzas, maxBytes, patience });
      return enabled(id, hold);
    };

    const acknowledge = (session: Session, element: Element): void => {
      const h = readH(element);
      if (h === null) throw new StreamError('bad-format', 'h is no number of stanzas');
      if (session.management?.acknowledge(h) !== 'old') return;
      log.warn({ jid: session.jid, h }, 'client acknowledges less than before');
    };

    /** What means nothing before `<enable/>`. */
    const managed = (session: Session, element: Element, take: typeof acknowledge): void => {
      if (session.management) take(session, element);
      else session.answer(refused('unexpected-request'));
    };

    const resumeOn = (stream: ClientStream, element: Element): Maybe<Resumption> => {
      if (config.hold === 0) return { answer: refused('feature-not-implemented'), session: null };
      return then(resume(host, stream.username, element, stream), (resumption) => {
        host.traffic.resumptions[resumption.session ? 'resumed' : 'failed']++;
        return resumption;
      });
    };

    const limit = ({ account }: Session): void => {
      const detached = host.directory
        .peek(account.owner)
        .filter((each): each is Session => each instanceof Session && each.isDetached)
        .sort((one, other) => one.detachedAt - other.detachedAt);
      const spare = detached.length - config.detachedPerAccount;
      for (const session of detached.slice(0, Math.max(0, spare))) session.ended(false);
    };

    return {
      streamFeatures: [
        {
          // Nobody has signed in yet, and is told so (§3).
          name: 'stream-management-too-early',
          requires: [],
          forbids: ['authenticated'],
          accepts: [nonza('enable')],
          offer: () => null,
          negotiate(stream) {
            stream.sendElement(refused('unexpected-request'));
            return 'continue';
          },
        },
        {
          name: 'stream-management',
          requires: ['authenticated'],
          // Who was bound along with signing in could have it turned on there; told of it once
          // more, xmpp.js 0.14 does so twice.
          forbids: ['bound'],
          accepts: [nonza('resume'), nonza('enable')],
          offer: () => OFFER,
          negotiate(stream, element) {
            // Binding comes first, or has come with the session that goes on (§3).
            if (element.is('enable')) {
              stream.sendElement(refused('unexpected-request'));
              return 'continue';
            }
            return then(resumeOn(stream, element), ({ answer, session }) => {
              stream.sendElement(answer);
              if (session) stream.bound(session);
              return 'continue';
            });
          },
        },
      ],
      inlineFeatures: [
        {
          ...nonza('resume'),
          offer,
          negotiate: (stream, element) =>
            then(resumeOn(stream, element), ({ answer, session }) => ({
              answer,
              session,
              isResumed: session !== null,
            })),
        },
      ],
      sessionFeatures: [{ var: NS_SM, accepts: [nonza('enable')], enable }],
      nonzas: [
        {
          ...nonza('enable'),
          take: (session, element) => {
            const isSecond = session.management !== null;
            session.answer(enable(session, element));
            if (isSecond) session.close('policy-violation', 'stream management is on already');
          },
        },
        { ...nonza('resume'), take: (session) => session.answer(refused('unexpected-request')) },
        {
          ...nonza('r'),
          take: (session, element) => managed(session, element, () => session.management?.tell()),
        },
        { ...nonza('a'), take: (session, element) => managed(session, element, acknowledge) },
      ],
      on: [
        on(SessionDetached, ({ session }) => limit(session)),
        on(SessionEnded, ({ session }) => remember(session)),
      ],
    };
  },
});
