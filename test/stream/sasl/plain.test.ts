import { beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
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
  certifiedUsers: [],
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

describe('with a bcrypt hash from elsewhere', () => {
  const seen: string[] = [];
  const upgrade = async (password: string) => void seen.push(password);
  const addKeys = async () => {};
  const give = async (username: string, hash: string, isDisabled = false) =>
    accounts.set(username, {
      username,
      scram: [],
      isDisabled,
      imported: { bcrypt: hash, upgrade, addKeys },
    });

  beforeAll(async () => {
    const hash = await bcrypt.hash('pa\u00a0ss', 4);
    for (const kind of ['a', 'b', 'y']) await give(`php-${kind}`, `$2${kind}$${hash.slice(4)}`);
    await give('locked', hash, true);
    accounts.set('halved', {
      ...accounts.get('old')!,
      username: 'halved',
      imported: { bcrypt: null, upgrade, addKeys },
    });
  });

  test.each(['a', 'b', 'y'])('$2%s$ signs in, and the password is kept for SCRAM', async (kind) => {
    seen.length = 0;
    expect(await signIn(`\0php-${kind}\0pa\u00a0ss`)).toBe(`php-${kind}`);
    expect(seen).toEqual(['pa\u00a0ss']);
  });

  test('an account with some SCRAM keys alone is completed as well', async () => {
    seen.length = 0;
    expect(await signIn('\0halved\0r0m30myr0m30')).toBe('halved');
    expect(seen).toEqual(['r0m30myr0m30']);
  });

  test.each([
    ['another password', '\0php-y\0pass'],
    ['the hash itself', '\0php-y\0$2y$04$abcdefghijklmnopqrstuu'],
    ['a password that is right, of a disabled account', '\0locked\0pa\u00a0ss'],
  ])('%s is refused, and nothing is kept', async (_, message) => {
    seen.length = 0;
    expect(await signIn(message)).toBe('not-authorized');
    expect(seen).toEqual([]);
  });

  test('unknown names and other accounts are compared with a hash as well', async () => {
    const compared: string[] = [];
    class WatchedHashing extends Hashing {
      override matchesBcrypt(password: string, hash: string): Promise<boolean> {
        compared.push(hash);
        return super.matchesBcrypt(password, hash);
      }
    }
    const decoyBcrypt = `$2b$04$${'a'.repeat(53)}`;
    const watched = { ...context, hashing: new WatchedHashing(), decoyBcrypt };
    for (const name of ['nobody', 'juliet', 'disabled', 'php-y']) {
      expect(await signIn(`\0${name}\0wrong`, watched)).toBe('not-authorized');
    }
    expect(compared.map((hash) => hash.slice(0, 7))).toEqual(
      Array(3).fill('$2b$04$').concat('$2y$04$'),
    );
    expect(await signIn('\0disabled\0r0m30myr0m30', watched)).toBe('not-authorized');
    expect(compared).toHaveLength(5);
    expect(await signIn('\0juliet\0r0m30myr0m30', watched)).toBe('juliet');
    expect(compared).toHaveLength(5);
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
