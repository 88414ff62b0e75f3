import { z } from 'zod';
import { slot } from '../../lib/token.ts';
import { size } from '../../server/config/quantities.ts';
import { SessionResumed } from '../../server/events.ts';
import { defineModule, on } from '../../server/module.ts';
import type { Session } from '../../server/session.ts';
import { advertisement } from '../../stream/feature.ts';
import { serialize, xml } from '../../xml/element.ts';
import { HeldBack } from './held-back.ts';

const NS_CSI = 'urn:xmpp:csi:0';
const OFFER = serialize(xml('csi', { xmlns: NS_CSI }));
const INACTIVE = { name: 'inactive', xmlns: NS_CSI };
const ACTIVE = { name: 'active', xmlns: NS_CSI };

/** Whether the client has said that nobody looks at it. */
const IsInactive = slot<boolean>('inactive');

/** XEP-0352. */
export default defineModule({
  name: 'client-state',
  summary: 'Spares clients that nobody looks at what can wait until somebody does.',
  implements: [{ xep: 352, version: '1.0.0', status: 'complete' }],
  config: z.strictObject({
    maxStanzas: z
      .number()
      .int()
      .nonnegative()
      .default(500)
      .describe('Stanzas that wait for one session; with one more, all of them are sent.'),
    maxBytes: size({ min: '0 B', max: '64 MiB' }).prefault('128 KiB').describe('Bytes of them.'),
  }),
  setup({ config }) {
    const deactivate = (session: Session): void => {
      if (session.get(IsInactive)) return;
      session.set(IsInactive, true);
      session.setGate(new HeldBack(config));
    };

    const activate = (session: Session): void => {
      if (!session.get(IsInactive)) return;
      session.set(IsInactive, undefined);
      session.setGate(null);
    };

    return {
      // A client that comes back is active until it says otherwise (XEP-0352 §5.2).
      on: [on(SessionResumed, ({ session }) => activate(session))],
      streamFeatures: [advertisement({ name: 'client-state', offer: () => OFFER })],
      nonzas: [
        { ...INACTIVE, take: deactivate },
        { ...ACTIVE, take: activate },
      ],
      sessionFeatures: [
        {
          var: NS_CSI,
          accepts: [INACTIVE, ACTIVE],
          // XEP-0386 §3.2: the session begins in that state.
          enable: (session, state) => {
            if (state.is('inactive', NS_CSI)) deactivate(session);
            return null;
          },
        },
      ],
    };
  },
});
