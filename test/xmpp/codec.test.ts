import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'ltx';
import {
  attr,
  child,
  childText,
  type ElementCodec,
  element,
  flag,
  optional,
  repeated,
  text,
  type ValueOf,
} from '../../src/xmpp/codec.ts';
import { boolean, dateTime, integer, jid, oneOf, string } from '../../src/xmpp/codec-values.ts';
import { Jid } from '../../src/xmpp/jid.ts';

const delay = element('urn:xmpp:delay', 'delay', {
  stamp: attr(dateTime),
  from: optional(attr(jid)),
  reason: text(string),
});

const group = element('urn:example', 'group', { name: text(string) });
const hint = element('urn:example:hints', 'hint', { isLoud: attr(boolean, 'loud') });
const item = element('urn:example', 'item', {
  language: optional(attr(string, 'xml:lang')),
  subscription: attr(oneOf('none', 'to', 'from', 'both')),
  count: optional(childText(integer(0, 1000))),
  nick: childText(string, 'nick-name'),
  isHidden: flag('hidden'),
  hint: optional(child(hint)),
  groups: repeated(group),
});

const moment: ValueOf<typeof delay> = {
  stamp: Date.UTC(2026, 10, 23),
  from: Jid.parse('example.com'),
  reason: 'Offline storage',
};

describe('encoding', () => {
  test('writes attributes and text', () => {
    expect(delay.encode(moment).toString()).toBe(
      '<delay xmlns="urn:xmpp:delay" stamp="2026-11-23T00:00:00Z" from="example.com">Offline storage</delay>',
    );
  });

  test('writes children, and leaves out what is absent', () => {
    const value = {
      subscription: 'to',
      nick: '',
      isHidden: true,
      groups: [{ name: 'A' }, { name: 'B' }],
      count: undefined,
    } as const;
    const groups = ['A', 'B'].map((name) => `<group xmlns="urn:example">${name}</group>`).join('');
    expect(item.encode(value).toString()).toBe(
      `<item xmlns="urn:example" subscription="to"><nick-name></nick-name><hidden/>${groups}</item>`,
    );
  });
});

describe('decoding', () => {
  const attributes = "xmlns='urn:example' subscription='none'";

  test('takes children of its own namespace, whatever their prefix', () => {
    const source = `<item ${attributes} xmlns:e='urn:example' xml:lang='en'>
      <nick-name xmlns='urn:other'>wrong</nick-name><e:nick-name>right</e:nick-name>
      <hidden xmlns='urn:other'/><hint xmlns='urn:example:hints' loud='1'/><e:group>A</e:group>
    </item>`;
    expect(item.decode(parse(source))).toEqual({
      language: 'en',
      subscription: 'none',
      nick: 'right',
      isHidden: false,
      hint: { isLoud: true },
      groups: [{ name: 'A' }],
    });
  });

  test.each([
    ['another element', "<other xmlns='urn:example'/>", 'is missing'],
    ['another namespace', "<item xmlns='urn:other'/>", 'is missing'],
    ['no attribute', "<item xmlns='urn:example'/>", 'subscription is missing in <item/>'],
    ['no child', `<item ${attributes}/>`, 'nick is missing'],
    [
      'another word',
      "<item xmlns='urn:example' subscription='all'/>",
      'subscription has no valid value',
    ],
    [
      'a number too large',
      `<item ${attributes}><nick-name/><count>1001</count></item>`,
      'count has no valid value',
    ],
    [
      'a wrong child within',
      `<item ${attributes}><nick-name/><hint xmlns='urn:example:hints'/></item>`,
      'isLoud is missing in <hint/>',
    ],
  ])('%s: bad-request', (_, source, reason) => {
    expect(() => item.decode(parse(source))).toThrow(
      expect.objectContaining({
        condition: 'bad-request',
        text: expect.stringContaining(reason),
      }),
    );
  });

  test.each([
    ['a date', "<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>"],
    ['an address', "<delay xmlns='urn:xmpp:delay' stamp='2026-11-23T00:00:00Z' from='@'/>"],
  ])('what is not %s: bad-request', (_, source) => {
    expect(() => delay.decode(parse(source))).toThrow(
      expect.objectContaining({ condition: 'bad-request' }),
    );
  });
});

describe('decode(encode(x)) is x', () => {
  const local = fc.stringMatching(/^[a-z]{1,8}$/);
  const xmlText = fc.stringMatching(/^[ -~é♥\u{1f600}]{0,20}$/u);

  function expectRoundTrip<T>(codec: ElementCodec<T>, values: fc.Arbitrary<T>): void {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = codec.encode(value);
        expect(codec.decode(encoded)).toEqual(value);
        expect(codec.decode(parse(encoded.toString()))).toEqual(value);
      }),
    );
  }

  test('attributes and text', () => {
    const stamp = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
    const from = fc.option(
      local.map((name) => Jid.of(name, 'example.com')),
      { nil: undefined },
    );
    expectRoundTrip(delay, fc.record({ stamp, from, reason: xmlText }));
  });

  test('children', () => {
    const whole = fc.record({
      language: fc.option(local, { nil: undefined }),
      subscription: fc.constantFrom('none', 'to', 'from', 'both'),
      count: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
      nick: xmlText,
      isHidden: fc.boolean(),
      hint: fc.option(fc.record({ isLoud: fc.boolean() }), { nil: undefined }),
      groups: fc.array(fc.record({ name: xmlText }), { maxLength: 4 }),
    });
    expectRoundTrip(item, whole);
  });
});
