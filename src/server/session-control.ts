import type { StreamErrorCondition } from '../xmpp/errors.ts';
import { Jid } from '../xmpp/jid.ts';
import type { SessionControl, SessionFacts } from './admin/ports.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';

/** What operators see of the sessions of this process, and how they end them. */
export class LocalSessionControl implements SessionControl {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  list(account: string | null): SessionFacts[] {
    return (account === null ? this.#all() : this.#sessionsOf(Jid.parse(account))).map(factsOf);
  }

  close(jid: string, condition: StreamErrorCondition, text: string): number {
    const address = Jid.parse(jid);
    const isMeant = (session: Session) => address.isBare || session.jid.equals(address);
    const sessions = this.#sessionsOf(address).filter(isMeant);
    for (const session of sessions) session.close(condition, text);
    return sessions.length;
  }

  #all(): Session[] {
    return [...this.#server.hosts].flatMap(({ binder }) => binder.list());
  }

  #sessionsOf({ local, domain }: Jid): Session[] {
    return this.#server.find(domain)?.binder.list(local) ?? [];
  }
}

function factsOf(session: Session): SessionFacts {
  const { address, transport, isSecure } = session.connection;
  return {
    jid: session.jid.toString(),
    remoteAddress: address,
    transport,
    isSecure,
    since: session.started,
    priority: session.priority,
    isDetached: session.isDetached,
  };
}
