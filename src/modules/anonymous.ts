import { AccountIdle } from '../server/events.ts';
import { defineModule, on } from '../server/module.ts';

/** XEP-0175: on a host where everybody is anonymous, an account ends with its session. */
export default defineModule({
  name: 'anonymous',
  summary: 'Ends the accounts of those who signed in as nobody in particular.',
  implements: [{ xep: 175, version: '1.2', status: 'complete' }],
  hosts: ['anonymous'],
  setup({ keeper, log }) {
    /** Contacts hear that nobody is there any more (§3): deleting an account does that. */
    const remove = async (local: string): Promise<void> => {
      try {
        await keeper.remove(local);
      } catch (error) {
        log.error({ err: error }, 'an anonymous account stays');
      }
    };
    return { on: [on(AccountIdle, ({ account }) => void remove(account.jid.local))] };
  },
});
