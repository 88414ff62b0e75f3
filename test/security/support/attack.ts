import { expect, test } from '@jest/globals';
import { Attacker } from './attacker.ts';
import type { Fortress } from './fortress.ts';

/** What the server answers: an error that ends the stream, one for a stanza, a failed sign-in, or nothing. */
export type Expected =
  | { readonly stream: string }
  | { readonly stanza: string }
  | { readonly sasl: string }
  | 'ignored';

export interface Attack {
  readonly name: string;
  /** How far the attacker has come: a socket, a stream, a session. */
  readonly phase: 'connected' | 'before-login' | 'signed-in';
  /** As one write each. */
  readonly bytes: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly expected: Expected;
}

/** Makes a test of each attack; the fortress is asked for when they run. */
export function testAttacks(attacks: readonly Attack[], fortress: () => Fortress): void {
  for (const attack of attacks) {
    test(`${attack.name} (${attack.phase})`, async () => {
      const attacker = await approach(attack.phase, fortress());
      await launch(attack, attacker);
      await expectAnswer(attack, attacker);
      await fortress().stands(attacker);
      attacker.leaves();
    });
  }
}

/** An attacker in the given phase. */
export async function approach(phase: Attack['phase'], fortress: Fortress): Promise<Attacker> {
  if (phase === 'signed-in') return fortress.signIn('attacker');
  const attacker = await Attacker.connect(fortress.open);
  if (phase === 'before-login') await attacker.opens();
  return attacker;
}

async function launch({ bytes }: Attack, attacker: Attacker): Promise<void> {
  const writes = Array.isArray(bytes) ? bytes : [bytes];
  for (const write of writes) {
    attacker.says(write);
    // Lets the system send it by itself.
    if (writes.length > 1) await new Promise(setImmediate);
  }
}

async function expectAnswer({ expected, phase }: Attack, attacker: Attacker): Promise<void> {
  if (expected === 'ignored') {
    if (phase === 'signed-in') expect(await attacker.fence()).toBe('');
    else expect(await probe(attacker)).toBe('');
  } else if ('stream' in expected) {
    expectStreamError(await attacker.hearsTheEnd(), expected.stream);
  } else if ('stanza' in expected) {
    const answer = await attacker.fence();
    expect(answer).toContain(`<${expected.stanza} xmlns="${STANZA_ERRORS}"/>`);
    expect(answer.match(/type='error'/g)).toHaveLength(1);
  } else {
    expect(await attacker.hears('</failure>')).toBe(
      `<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><${expected.sasl}/></failure>`,
    );
  }
}

export const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** One error of that condition, with nothing behind it but the stream's end. */
export function expectStreamError(text: string, condition: string): void {
  const [, said, rest] = /<stream:error><([a-z-]+) (?:.*?)<\/stream:error>(.*)$/s.exec(text) ?? [];
  expect([said, rest, text]).toEqual([condition, '</stream:stream>', text]);
}

/** The fence of who has not signed in: a mechanism that does not exist. */
async function probe(attacker: Attacker): Promise<string> {
  attacker.says("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>");
  const heard = await attacker.hears('</failure>');
  return heard.slice(0, heard.lastIndexOf('<failure'));
}
