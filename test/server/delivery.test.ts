import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SessionEntry } from '../../src/cluster/ports.ts';
import {
  type MessageType,
  messageType,
  type Plan,
  planMessage,
} from '../../src/server/delivery.ts';
import { Jid } from '../../src/xmpp/jid.ts';

const ROMEO = Jid.of('romeo', 'montague.example');

function session(resource: string, priority: number | null): SessionEntry {
  const jid = ROMEO.withResource(resource);
  return { jid, priority, deliver: () => true };
}

/** Distinct resources, each connected only (null) or with a priority. */
const sessions = fc
  .uniqueArray(
    fc.record({
      resource: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      priority: fc.oneof(fc.constant(null), fc.integer({ min: -128, max: 127 })),
    }),
    { selector: ({ resource }) => resource },
  )
  .map((entries) => entries.map(({ resource, priority }) => session(resource, priority)));

const types = fc.constantFrom<MessageType>('normal', 'chat', 'groupchat', 'headline', 'error');
const addresses = fc.constantFrom('', 'a', 'b', 'gone');

function addressed(resource: string): Jid {
  return resource === '' ? ROMEO : ROMEO.withResource(resource);
}

function isReachable({ priority }: SessionEntry): boolean {
  return priority !== null && priority >= 0;
}

function targetsOf(plan: Plan): readonly SessionEntry[] {
  return plan.kind === 'deliver' ? plan.targets : [];
}

describe('who gets a message [RFC6121 8.5]', () => {
  test('each type of message at each address, with nobody there [RFC6121 8.5.4]', () => {
    const plans = (to: Jid) =>
      (['normal', 'chat', 'groupchat', 'headline', 'error'] as const).map(
        (type) => planMessage(type, to, []).kind,
      );
    expect(plans(ROMEO)).toEqual(['offline', 'offline', 'error', 'ignore', 'ignore']);
    expect(plans(addressed('gone'))).toEqual(['error', 'offline', 'error', 'ignore', 'ignore']);
  });

  test('a refusal says service-unavailable [RFC6121 8.5.2.1.1]', () => {
    const plan = planMessage('groupchat', ROMEO, [session('a', 0)]);
    expect(plan).toMatchObject({ kind: 'error', error: { condition: 'service-unavailable' } });
  });

  test('an exact match gets it, whatever its priority, and nobody else [RFC6121 8.5.3.1]', () => {
    fc.assert(
      fc.property(types, addresses, sessions, (type, resource, there) => {
        const match = there.find(({ jid }) => jid.resource === resource);
        fc.pre(match !== undefined && resource !== '');
        expect(targetsOf(planMessage(type, addressed(resource), there))).toEqual([match]);
      }),
    );
  });

  test('at the bare address all reachable resources get it, or none [RFC6121 8.5.2.1.1]', () => {
    fc.assert(
      fc.property(types, sessions, (type, there) => {
        const targets = targetsOf(planMessage(type, ROMEO, there));
        const isDelivered = ['normal', 'chat', 'headline'].includes(type);
        expect(targets).toEqual(isDelivered ? there.filter(isReachable) : []);
      }),
    );
  });

  test('nobody of negative priority gets what was not for it alone [RFC6121 4.7.2.3]', () => {
    fc.assert(
      fc.property(types, addresses, sessions, (type, resource, there) => {
        const to = addressed(resource);
        const others = targetsOf(planMessage(type, to, there)).filter(({ jid }) => !jid.equals(to));
        expect(others.every(isReachable)).toBe(true);
      }),
    );
  });

  test('a plan that delivers has somebody to deliver to', () => {
    fc.assert(
      fc.property(types, addresses, sessions, (type, resource, there) => {
        const plan = planMessage(type, addressed(resource), there);
        expect(plan.kind === 'deliver').toBe(targetsOf(plan).length > 0);
      }),
    );
  });

  test('only chat and normal messages wait, and errors are never answered', () => {
    fc.assert(
      fc.property(types, addresses, sessions, (type, resource, there) => {
        const { kind } = planMessage(type, addressed(resource), there);
        if (kind === 'offline') expect(['chat', 'normal']).toContain(type);
        if (kind === 'error') expect(type).not.toBe('error');
      }),
    );
  });

  test('a chat message at an absent resource is treated as one at the bare address [RFC6121 8.5.3.2.1]', () => {
    fc.assert(
      fc.property(sessions, (there) => {
        expect(planMessage('chat', addressed('gone'), there)).toEqual(
          planMessage('chat', ROMEO, there),
        );
      }),
    );
  });
});

test('an absent or unknown type counts as normal [RFC6121 5.2.2]', () => {
  expect(['', 'normal', 'CHAT', 'toString', '__proto__'].map(messageType)).toEqual(
    Array(5).fill('normal'),
  );
  expect(messageType('chat')).toBe('chat');
});
