import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BlockSet } from '../../../src/modules/blocking/block-set.ts';
import { Jid } from '../../../src/xmpp/jid.ts';

const OWNER = Jid.parse('juliet@capulet.example');

function blocks(listed: readonly string[], address: string): boolean {
  return BlockSet.of(OWNER, listed).blocks(Jid.parse(address));
}

describe('a blocked address [XEP-0191 6]', () => {
  const addresses = [
    'romeo@montague.example/orchard',
    'romeo@montague.example/home',
    'romeo@montague.example',
    'mercutio@montague.example',
    'montague.example/orchard',
    'montague.example/home',
    'montague.example',
    'sub.montague.example',
    'romeo@sub.montague.example/orchard',
    'romeo@verona.example/orchard',
  ];

  test.each([
    ['romeo@montague.example/orchard', ['romeo@montague.example/orchard']],
    [
      'romeo@montague.example',
      ['romeo@montague.example/orchard', 'romeo@montague.example/home', 'romeo@montague.example'],
    ],
    ['montague.example/orchard', ['montague.example/orchard']],
    ['montague.example', addresses.slice(0, 7)],
  ])('%s matches as its kind does', (listed, matched) => {
    expect(addresses.filter((address) => blocks([listed], address))).toEqual(matched);
  });

  test('is compared as prepared, resources by case [RFC7622 3]', () => {
    const listed = [String(Jid.parse('ROMEO@Montague.Example/Orchard'))];
    expect(blocks(listed, 'romeo@montague.example/Orchard')).toBe(true);
    expect(blocks(listed, 'romeo@montague.example/orchard')).toBe(false);
  });

  test('that is one’s own blocks nothing [XEP-0191 5]', () => {
    const own = ['juliet@capulet.example', 'juliet@capulet.example/balcony', 'capulet.example/x'];
    for (const listed of [[...own, 'capulet.example'], ['capulet.example']]) {
      for (const address of [...own, 'capulet.example'])
        expect(blocks(listed, address)).toBe(false);
      expect(blocks(listed, 'tybalt@capulet.example/x')).toBe(true);
    }
  });
});

describe('a list', () => {
  test('of nobody is the same for everybody', () => {
    expect(BlockSet.of(OWNER, [])).toBe(BlockSet.NONE);
    expect(BlockSet.NONE.blocks(OWNER)).toBe(false);
  });

  test('knows its addresses, each once, and their length', () => {
    const list = BlockSet.of(OWNER, ['a@x.example', 'x.example', 'a@x.example']);
    expect([...list]).toEqual(['a@x.example', 'x.example']);
    expect(list.size).toBe(2);
    expect(list.length).toBe(20);
    expect(list.has(Jid.parse('x.example'))).toBe(true);
    expect(list.has(Jid.parse('b@x.example'))).toBe(false);
  });
});

describe('whatever is listed', () => {
  // Few of each, so that they often meet; names that look like others.
  const part = fc.constantFrom('a', 'b', 'juliet', '__proto__', 'constructor');
  const domain = fc.constantFrom('a', 'b', 'capulet.example', 'a.b');
  const maybe = (arbitrary: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), arbitrary);
  const address = fc
    .tuple(maybe(part), domain, maybe(part))
    .map(([local, domain, resource]) => Jid.of(local, domain, resource));
  const list = fc.array(address, { maxLength: 6 });

  /** The words of the standard, one address of the list after the other. */
  function matches(listed: Jid, jid: Jid): boolean {
    if (listed.domain !== jid.domain) return false;
    if (listed.local !== '' && listed.local !== jid.local) return false;
    if (listed.resource === '') return true;
    return listed.local === jid.local && listed.resource === jid.resource;
  }

  const isOwn = (jid: Jid) =>
    jid.bare.equals(OWNER) || (jid.local === '' && jid.domain === OWNER.domain);

  test('it blocks what one of its addresses matches, but for the account’s own [XEP-0191 6]', () => {
    fc.assert(
      fc.property(list, address, (listed, jid) => {
        const expected = !isOwn(jid) && listed.some((one) => matches(one, jid));
        expect(BlockSet.of(OWNER, listed.map(String)).blocks(jid)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('more addresses never unblock one, and their order means nothing', () => {
    fc.assert(
      fc.property(list, list, address, (some, more, jid) => {
        const of = (...jids: Jid[]) => BlockSet.of(OWNER, jids.map(String)).blocks(jid);
        if (of(...some)) expect(of(...some, ...more)).toBe(true);
        expect(of(...more, ...some)).toBe(of(...some, ...more));
      }),
      { numRuns: 1000 },
    );
  });
});
