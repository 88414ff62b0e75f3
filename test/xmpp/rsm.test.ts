import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseElement, serialize } from '../../src/xml/element.ts';
import { type PageInfo, type PageRequest, pageInfo, pageRequest } from '../../src/xmpp/rsm.ts';

const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const id = fc.stringMatching(/^[\w-]*$/);

function decodedAs<T extends object>(value: T): T {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as T;
}

describe('pages of results [XEP-0059 2]', () => {
  test('are asked for, and the request is read as it was written', () => {
    const requests = fc.record({
      max: optional(count),
      after: optional(id),
      before: optional(id),
      index: optional(count),
    });
    fc.assert(
      fc.property(requests, (request: PageRequest) => {
        const written = serialize(pageRequest.encode(request));
        expect(pageRequest.decode(parseElement(written))).toEqual(decodedAs(request));
      }),
    );
  });

  test('say which they are', () => {
    const infos = fc.record({
      first: optional(fc.record({ id, index: count })),
      last: optional(id),
      count: optional(count),
    });
    fc.assert(
      fc.property(infos, (info: PageInfo) => {
        const written = serialize(pageInfo.encode(info));
        expect(pageInfo.decode(parseElement(written))).toEqual(decodedAs(info));
      }),
    );
  });

  test('of more than a number can hold are of the largest number', () => {
    const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>${'9'.repeat(50)}</max></set>`;
    expect(pageRequest.decode(parseElement(set))).toEqual({ max: Number.MAX_SAFE_INTEGER });
  });
});
