import type { Choice } from './libraries.ts';
import { type Running, run, start } from './process.ts';
import type { Account, Target } from './target.ts';

/** A program that signs in, sends one message and ends. */
export type Sender = {
  readonly name: string;
  /** Throws what the program says when it does not get through. */
  send(target: Target, from: Account, to: string, text: string, choice?: Choice): Promise<void>;
};

export const sendxmpp: Sender = {
  name: 'sendxmpp',
  async send(target, from, to, text, choice = {}) {
    const server = `${target.domain}:${portOf(target, choice)}`;
    const account = ['-j', server, '-u', from.user, '-p', choice.password ?? from.password];
    const trust = choice.distrustful ? [] : ['-a', target.certificates.authority];
    const kind = choice.directTls ? '--ssl' : '--tls';
    // Only so the TLS library tells what is wrong with a certificate.
    const env = { PERL5OPT: '-MIO::Socket::SSL=debug1' };
    await run('sendxmpp', [kind, ...account, ...trust, to], { input: text, env });
  },
};

export const goSendxmpp: Sender = {
  name: 'go-sendxmpp',
  async send(target, from, to, text, choice = {}) {
    const { args, env } = goSession(target, from, choice);
    await run('go-sendxmpp', [...args, to], { input: text, env });
  },
};

/** Uploads a file with go-sendxmpp, which sends its URL then. */
export async function sendFile(target: Target, from: Account, to: string, file: string) {
  const { args, env } = goSession(target, from, {});
  await run('go-sendxmpp', ['--http-upload', file, ...args, to], { env });
}

/** Signs go-sendxmpp in to print what comes. It has no roster and asks nobody. */
export function listen(target: Target, account: Account): Running {
  const { args, env } = goSession(target, account, {});
  return start('go-sendxmpp', ['--listen', ...args], { env });
}

function goSession(target: Target, account: Account, choice: Choice) {
  const server = `${target.domain}:${portOf(target, choice)}`;
  const password = choice.password ?? account.password;
  const kind = choice.directTls ? ['--tls'] : [];
  const env: Record<string, string> = choice.distrustful
    ? {}
    : { SSL_CERT_FILE: target.certificates.authority };
  return { args: [...kind, '-j', server, '-u', account.address, '-p', password], env };
}

function portOf(target: Target, choice: Choice): number {
  return choice.directTls ? target.tlsPort : target.port;
}
