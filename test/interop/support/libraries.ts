import { fileURLToPath } from 'node:url';
import type { Session } from '../clients/protocol.ts';
import { LineClient } from './line-client.ts';
import { start } from './process.ts';
import type { Account, Target } from './target.ts';

export type Choice = {
  readonly directTls?: boolean;
  /** The address of a WebSocket. */
  readonly service?: string;
  readonly password?: string;
  /** Leaves out our authority: the client must then refuse the server's certificate. */
  readonly distrustful?: boolean;
  /** Goes on with its session where the connection breaks. */
  readonly comesBack?: boolean;
};

/** A client library with a script that speaks `clients/protocol.ts`. */
export type Library = {
  readonly name: string;
  connect(target: Target, account: Account, choice?: Choice): LineClient;
};

export const slixmpp = pythonLibrary('slixmpp');
export const aioxmpp = pythonLibrary('aioxmpp');
export const nbxmpp = pythonLibrary('nbxmpp');

export const xmppJs = nodeLibrary('xmpp.js', 'xmpp-js-client.ts');
/** Over WebSocket only. */
export const stanzaJs = nodeLibrary('stanza', 'stanza-client.ts');
export const stropheJs = nodeLibrary('Strophe.js', 'strophe-client.ts');

function nodeLibrary(name: string, file: string): Library {
  return {
    name,
    connect(target, account, choice = {}) {
      const { authority } = target.certificates;
      const env: Record<string, string> = choice.distrustful
        ? {}
        : { NODE_EXTRA_CA_CERTS: authority };
      const command = [script(file), sessionOf(target, account, choice)];
      const running = start(process.execPath, command, { env });
      return new LineClient(`${name} of ${account.user}`, running);
    },
  };
}

/** One of Debian's, which only Debian's own Python knows. */
function pythonLibrary(name: string): Library {
  return {
    name,
    connect(target, account, choice = {}) {
      const command = ['-B', script(`${name}-client.py`), sessionOf(target, account, choice)];
      const running = start('/usr/bin/python3', command);
      return new LineClient(`${name} of ${account.user}`, running);
    },
  };
}

function sessionOf(target: Target, account: Account, choice: Choice): string {
  const session: Session = {
    address: account.address,
    password: choice.password ?? account.password,
    // By name: the libraries compare the certificate with the host they are told.
    host: target.domain,
    port: choice.directTls ? target.tlsPort : target.port,
    directTls: choice.directTls ?? false,
    comesBack: choice.comesBack ?? false,
    ...(choice.service && { service: choice.service }),
    ...(choice.distrustful ? {} : { authority: target.certificates.authority }),
  };
  return JSON.stringify(session);
}

function script(name: string): string {
  return fileURLToPath(new URL(`../clients/${name}`, import.meta.url));
}
