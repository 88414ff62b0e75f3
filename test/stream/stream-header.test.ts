import { beforeEach, describe, expect, test } from '@jest/globals';
import { HEADER, makeWorld, plainAuth, type Talk, type World } from './talk.ts';

let world: World;
let juliet: Talk;

beforeEach(async () => {
  world = await makeWorld();
  juliet = world.connect();
});

const attribute = (text: string, name: string) =>
  new RegExp(`<stream:stream [^>]*\\b${name}='([^']*)'`).exec(text)?.[1];

describe('the answer to a stream header', () => {
  test('[RFC6120 4.7] names the host, the version, an id and the language', async () => {
    const answer = await juliet.opens();
    expect(answer).toMatch(/^<\?xml version='1.0'\?><stream:stream xmlns='jabber:client' /);
    expect(attribute(answer, 'from')).toBe('example.com');
    expect(attribute(answer, 'version')).toBe('1.0');
    expect(attribute(answer, 'lang')).toBe('de');
    expect(attribute(answer, 'to')).toBeUndefined();
    expect(attribute(answer, 'id')).toMatch(/^[\w-]{22}$/);
  });

  test('[RFC6120 4.7.2] goes to whom the client says it is', async () => {
    const from = HEADER.replace('to=', "from='juliet&apos;s@example.com/x' to=");
    await juliet.says(from).hears('improper-addressing');
    const romeo = world.connect();
    const answer = await romeo.opens(HEADER.replace('to=', "from='R@example.com/x' to="));
    expect(attribute(answer, 'to')).toBe('r@example.com');
  });

  test('[RFC6120 4.7.3] has a new id at each start of the stream', async () => {
    const ids = new Set([attribute(await juliet.opens(), 'id')]);
    juliet.says(plainAuth());
    await juliet.hears('<success');
    ids.add(attribute(await juliet.opens(), 'id'));
    ids.add(attribute(await world.connect().opens(), 'id'));
    expect(ids.size).toBe(3);
  });

  test('[RFC6120 4.7.4] is in English for a client that names no language, or none there is', async () => {
    expect(attribute(await juliet.opens(HEADER.replace(/ xml:lang='de'/, '')), 'lang')).toBe('en');
    const odd = HEADER.replace("'de'", "'de_&lt;'");
    expect(attribute(await world.connect().opens(odd), 'lang')).toBe('en');
  });

  test('[RFC6120 4.7.5] offers version 1.0 to a client with a later one', async () => {
    const answer = await juliet.opens(HEADER.replace("'1.0' xml", "'2.7' xml"));
    expect(attribute(answer, 'version')).toBe('1.0');
  });

  test('finds the host in any spelling', async () => {
    const answer = await juliet.opens(HEADER.replace('example.com', 'EXAMPLE.com.'));
    expect(attribute(answer, 'from')).toBe('example.com');
  });

  test('[RFC6120 11.6] comes for a header with other prefixes and order, byte by byte', async () => {
    const header =
      "\n<?xml version='1.0' encoding='UTF-8'?>\n<stream:stream\n xmlns:stream=" +
      '"http://etherx.jabber.org/streams" xmlns:x="urn:x" version="1.0" xmlns="jabber:client" ' +
      'to="example.com" >';
    for (const character of header.trimStart()) juliet.says(character);
    await juliet.hears('</stream:features>');
  });
});

describe('a stream header is refused', () => {
  const change = (from: string | RegExp, to: string) => HEADER.replace(from, to);

  test.each([
    [
      '[RFC6120 4.9.3.6] for a host not served here',
      change('example.com', 'example.org'),
      'host-unknown',
    ],
    [
      '[RFC6120 4.9.3.6] for a service without accounts',
      change('example.com', 'rooms.example.com'),
      'host-unknown',
    ],
    ['[RFC6120 4.9.3.7] without a host', change("to='example.com'", ''), 'improper-addressing'],
    ['[RFC6120 4.9.3.7] with an empty host', change('example.com', ''), 'improper-addressing'],
    [
      '[RFC6120 4.9.3.7] with an address that is none',
      change('example.com', 'a b'),
      'improper-addressing',
    ],
    [
      '[RFC6120 4.9.3.7] for an account',
      change('example.com', 'juliet@example.com'),
      'improper-addressing',
    ],
    [
      '[RFC6120 4.9.3.10] in another stream namespace',
      change('etherx', 'wrong'),
      'invalid-namespace',
    ],
    [
      '[RFC6120 4.9.3.10] for servers',
      change('jabber:client', 'jabber:server'),
      'invalid-namespace',
    ],
    [
      '[RFC6120 4.9.3.10] without a content namespace',
      change("xmlns='jabber:client'", ''),
      'invalid-namespace',
    ],
    [
      '[RFC6120 4.9.3.2] with another prefix',
      change('stream:stream', 'foobar:stream').replace('xmlns:stream', 'xmlns:foobar'),
      'bad-namespace-prefix',
    ],
    [
      '[RFC6120 4.9.3.2] without a prefix',
      "<stream xmlns='http://etherx.jabber.org/streams' version='1.0' to='example.com'>",
      'bad-namespace-prefix',
    ],
    ['[RFC6120 4.9.3.1] with another root', change('stream:stream', 'stream:flood'), 'bad-format'],
    [
      '[RFC6120 4.9.3.25] without a version',
      change(" to='example.com' version='1.0'", " to='example.com'"),
      'unsupported-version',
    ],
    [
      '[RFC6120 4.9.3.25] with a version before 1.0',
      change(" version='1.0' xml", " version='0.9' xml"),
      'unsupported-version',
    ],
    [
      '[RFC6120 4.9.3.25] with a version that is no number',
      change(" version='1.0' xml", " version='one' xml"),
      'unsupported-version',
    ],
    [
      '[RFC6120 4.9.3.13] that is not XML',
      'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n',
      'not-well-formed',
    ],
    ['[RFC6120 4.9.3.18] with a document type', `<!DOCTYPE x>${HEADER}`, 'restricted-xml'],
    [
      '[RFC6120 4.9.3.22] in another encoding',
      change("'1.0'?", "'1.0' encoding='ISO-8859-1'?"),
      'unsupported-encoding',
    ],
  ])('%s', async (_, header, condition) => {
    const answer = await juliet.says(header).hearsError(condition);
    expect(answer).toMatch(/^<\?xml version='1.0'\?><stream:stream [^>]*from='example.com'/);
    expect(answer).not.toContain('features');
  });
});
