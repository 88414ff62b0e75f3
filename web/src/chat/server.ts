import { makeAgent } from './agent.ts';

/** What a server offers before anybody has signed in. */
export interface ServerOffer {
  readonly signUp: boolean;
}

/** The domain whose accounts this page is for: the server tells, for one that is found elsewhere. */
export async function ownDomain(): Promise<string> {
  try {
    const response = await fetch('web.json');
    const { domain } = (await response.json()) as { domain?: unknown };
    if (typeof domain === 'string' && domain !== '') return domain;
  } catch {
    // A server that does not tell is found under its own name.
  }
  return window.location.hostname;
}

/** Opens a stream, sees what it offers, and closes it; null where nobody answers. */
export function askServer(domain: string): Promise<ServerOffer | null> {
  const agent = makeAgent(domain);
  return new Promise((resolve) => {
    // First of all, so that nothing is negotiated.
    agent.prependOnceListener('features', ({ inbandRegistration }) => {
      agent.features.order.length = 0;
      resolve({ signUp: inbandRegistration === true });
      agent.disconnect();
    });
    agent.once('disconnected', () => resolve(null));
    agent.connect();
  });
}
