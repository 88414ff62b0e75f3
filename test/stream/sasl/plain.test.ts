import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Credentials, ScramHash } from '../../../src/stream/ports.ts';
import { Hashing } from '../../../src/stream/sasl/hashing.ts';
import type { SaslContext } from '../../../src/stream/sasl/mechanism.ts';
import { plain } from '../../../src/stream/sasl/plain.ts';
import { deriveScramKeys } from '../../../src/stream/sasl/scram-keys.ts';

const accounts = new Map<string, Credentials>();

const context: SaslContext = {
  domain: 'example.com',
  hashing: new Hashing(),
  saltSecret: Buffer.from('a secret of the host'),
  scramIterations: 4096,
  channelBindings: null,
  offer: null,
  credentials: (username) => accounts.get(username) ?? null,
};

async function addAccount(
  username: string,
  password: string,
  { hash = 'SHA-256' as ScramHash, isDisabled = false } = {},
): Promise<void> {
  const scram = [await deriveScramKeys(password, hash, 4096)];
  accounts.set(username, { username, scram, isDisabled });
}

beforeAll(async () => {
  await addAccount('juliet', 'r0m30myr0m30');
  await addAccount('old', 'r0m30myr0m30', { hash: 'SHA-1' });
  await addAccount('disabled', 'r0m30myr0m30', { isDisabled: true });
  await addAccount('ümlaut', 'pass\u00a0wort');
});

async function signIn(message: string | Buffer, given = context): Promise<string> {
  try {
    const outcome = await plain.begin(given).next(Buffer.from(message as string));
    return outcome.kind === 'success' ? outcome.username : outcome.kind;
  } catch (error) {
    return (error as { condition: string }).condition;
  }
}

describe('signs in', () => {
  test.each([
    ['[RFC4616 2] with name and password', '\0juliet\0r0m30myr0m30', 'juliet'],
    [
      '[RFC6120 6.3.8] with the own bare JID besides',
      'juliet@example.com\0juliet\0r0m30myr0m30',
      'juliet',
    ],
    ['with the own name besides', 'Juliet\0juliet\0r0m30myr0m30', 'juliet'],
    ['with keys for SHA-1 alone', '\0old\0r0m30myr0m30', 'old'],
    ['[RFC7622 3.3] with a name in another case', '\0JULIET\0r0m30myr0m30', 'juliet'],
    ['[RFC4013 2.1] with a password that SASLprep maps', '\0ÜMLAUT\0pass\u2003wort', 'ümlaut'],
  ])('%s', async (_, message, username) => {
    expect(await signIn(message)).toBe(username);
  });
});

describe('refuses', () => {
  test.each([
    ['a wrong password', '\0juliet\0r0m30', 'not-authorized'],
    ['an unknown user', '\0nobody\0r0m30myr0m30', 'not-authorized'],
    ['a disabled account', '\0disabled\0r0m30myr0m30', 'not-authorized'],
    ['a name that no account can have', '\0jul iet\0r0m30myr0m30', 'not-authorized'],
    ['a JID as name', '\0juliet@example.com\0r0m30myr0m30', 'not-authorized'],
    ['a password that SASLprep forbids', '\0juliet\0\u0007', 'not-authorized'],
    [
      "[RFC6120 6.5.6] another's identity",
      'romeo@example.com\0juliet\0r0m30myr0m30',
      'invalid-authzid',
    ],
    ['an identity at another host', 'juliet@example.net\0juliet\0r0m30myr0m30', 'invalid-authzid'],
    ['a full JID as identity', 'juliet@example.com/a\0juliet\0r0m30myr0m30', 'invalid-authzid'],
    ['the host as identity', 'example.com\0juliet\0r0m30myr0m30', 'invalid-authzid'],
    ['[RFC4616 2] an empty password', '\0juliet\0', 'malformed-request'],
    ['an empty name', '\0\0r0m30myr0m30', 'malformed-request'],
    ['a missing part', 'juliet\0r0m30myr0m30', 'malformed-request'],
    ['a part too many', '\0juliet\0r0m30myr0m30\0', 'malformed-request'],
    ['nothing', '', 'malformed-request'],
  ])('%s', async (_, message, condition) => {
    expect(await signIn(message)).toBe(condition);
  });

  test('bytes that are not UTF-8', async () => {
    expect(await signIn(Buffer.from([0, 0x61, 0, 0xff]))).toBe('malformed-request');
  });

  test('anybody for now, when too many passwords wait to be hashed', async () => {
    const busy = { ...context, hashing: new Hashing(1, 1) };
    const attempts = Array.from({ length: 3 }, () => signIn('\0juliet\0r0m30myr0m30', busy));
    expect(await Promise.all(attempts)).toEqual(['juliet', 'juliet', 'temporary-auth-failure']);
  });
});

test('hashes for an unknown user as for a known one', async () => {
  const salted: string[] = [];
  class Watched extends Hashing {
    override salt(hash: ScramHash, password: string, salt: Buffer, iterations: number) {
      salted.push(`${hash} ${password} ${salt.length} ${iterations}`);
      return super.salt(hash, password, salt, iterations);
    }
  }
  const watched = { ...context, hashing: new Watched() };
  await signIn('\0juliet\0wrong', watched);
  await signIn('\0nobody\0wrong', watched);
  await signIn('\0no body\0wrong', watched);
  expect(new Set(salted)).toEqual(new Set(['SHA-256 wrong 16 4096']));
  expect(salted).toHaveLength(3);
});
