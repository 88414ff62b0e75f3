import { describe, expect, test } from '@jest/globals';
import { mismatch } from './matcher.ts';
import { anything, nothing, parseFragment } from './template.ts';

/** Null where the second stanza is what the first describes. */
function compare(template: string, actual: string): string | null {
  return mismatch(parseFragment(template)[0]!, parseFragment(actual)[0]!);
}

const MESSAGE = `<message from='a@b/c' type='chat' id='1'>
  <subject>S</subject><body>Hi</body><x xmlns='urn:x'><y/></x><body xml:lang='it'>Ciao</body>
</message>`;

describe('a template matches', () => {
  test.each([
    ['what says more', '<message/>'],
    ['an attribute of that value', "<message from='a@b/c' type='chat'/>"],
    ['any value of an attribute', `<message from='a@${anything}'/>`],
    ['an absent attribute', `<message to='${nothing}'/>`],
    ['children in order, with others between', "<message><subject/><x xmlns='urn:x'/></message>"],
    ['a later child of the same name', "<message><body xml:lang='it'>Ciao</body></message>"],
    ['any text', `<message><body>${anything}</body></message>`],
    ['any part of a text', `<message><body>H${anything}</body></message>`],
    ['an empty element', `<message><x xmlns='urn:x'><y>${nothing}</y></x></message>`],
    ['prefixes as namespaces', "<message><p:x xmlns:p='urn:x'><p:y/></p:x></message>"],
  ])('%s', (_, template) => {
    expect(compare(template, MESSAGE)).toBeNull();
  });
});

describe('a template does not match', () => {
  test.each([
    ['another name', '<presence/>', '<presence/> is <message/>'],
    ['another namespace', "<message xmlns='urn:x'/>", 'not in urn:x'],
    ['another value', "<message id='2'/>", "is '1', expected '2'"],
    ['a missing attribute', "<message to='x'/>", 'is absent'],
    ['an attribute that should be absent', `<message id='${nothing}'/>`, 'expected absent'],
    ['a missing child', '<message><thread/></message>', 'has no <thread/>'],
    [
      'children in another order',
      '<message><body>Hi</body><subject/></message>',
      'has no <subject/>',
    ],
    ['a child of another namespace', '<message><x/></message>', 'is in urn:x'],
    ['another text', '<message><body>Ho</body></message>', "says 'Hi', expected 'Ho'"],
    ['part of a text', '<message><subject>SS</subject></message>', "says 'S'"],
    [
      'an element that should be empty',
      `<message><x xmlns='urn:x'>${nothing}</x></message>`,
      'is not empty',
    ],
  ])('%s', (_, template, reason) => {
    expect(compare(template, MESSAGE)).toContain(reason);
  });
});

describe('a type that is left out', () => {
  test('is none for presence', () => {
    expect(compare('<presence/>', '<presence/>')).toBeNull();
    expect(compare('<presence/>', "<presence type='unavailable'/>")).toContain('unavailable');
  });

  test('is no error for messages and iqs', () => {
    expect(compare('<message/>', "<message type='headline'/>")).toBeNull();
    expect(compare('<message/>', "<message type='error'/>")).toContain('error');
    expect(compare('<iq/>', "<iq type='error'/>")).toContain('error');
  });
});

test('a stanza that names no sender is from the own account [RFC6120 8.1.2.1]', () => {
  const own = "<iq from='a@b' type='result'/>";
  expect(compare(own, "<iq to='a@b/c' type='result'/>")).toBeNull();
  expect(compare(own, "<iq to='d@b/c' type='result'/>")).toContain('from of <iq/> is absent');
  expect(compare("<iq from='b' type='result'/>", "<iq to='a@b/c' type='result'/>")).not.toBeNull();
  expect(compare(`<iq from='${nothing}'/>`, "<iq to='a@b/c'/>")).toBeNull();
});

test('special characters of patterns mean themselves', () => {
  expect(compare(`<a>(x.*)${anything}</a>`, '<a>(x.*)!</a>')).toBeNull();
  expect(compare(`<a>x.z${anything}</a>`, '<a>xyz</a>')).not.toBeNull();
});
