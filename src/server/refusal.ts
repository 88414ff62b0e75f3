import { StanzaError } from '../xmpp/errors.ts';
import { failed, type Outcome } from './flow.ts';
import type { IqHandler } from './module.ts';

/** Whether only the account's own sessions may ask. */
export function isPrivateRequest(handler: IqHandler): boolean {
  return handler.target === 'account' && handler.isPrivate;
}

/** What whoever may not ask gets to hear. */
export function refusalOf(handler: IqHandler): Outcome {
  const usual = isPrivateRequest(handler) ? 'forbidden' : 'service-unavailable';
  const own = handler.target === 'account' ? handler.refusal : undefined;
  return failed(new StanzaError(own ?? usual));
}
