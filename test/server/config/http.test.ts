import { describe, expect, test } from '@jest/globals';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { parseConfig } from '../../../src/server/config/load.ts';
import { ConfigError } from '../../../src/server/config/problems.ts';

const parse = (text: string) => parseConfig('/etc/epode.yaml', text, builtinModules);

function problems(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map((each) => `${each.line}: ${each.message}; ${each.hint}`);
    }
  }
  return [];
}

function webUrls(text: string): (string | null)[] {
  return parse(text).hosts.map(({ webUrl }) => webUrl);
}

describe('where browsers find a host', () => {
  test('is by default its domain, at the port of the listener with TLS', () => {
    expect(webUrls('hosts: { example.org: , büro.example: }')).toEqual([
      'https://example.org:5281',
      'https://xn--bro-hoa.example:5281',
    ]);
    const usual = 'listeners: [{ type: https, port: 443 }]';
    expect(webUrls(`hosts: { example.org: }\n${usual}`)).toEqual(['https://example.org']);
  });

  test('is for localhost the listener without TLS, where there is one', () => {
    expect(webUrls('hosts: { localhost: }')).toEqual(['http://localhost:5280']);
    const other = 'listeners: [{ type: https, port: 444 }]';
    expect(webUrls(`hosts: { localhost: }\n${other}`)).toEqual(['https://localhost:444']);
  });

  test('is nowhere without a listener, or without one with TLS', () => {
    expect(webUrls('hosts: { a.example: }\nlisteners: [{ type: c2s, port: 5 }]')).toEqual([null]);
    const plain = 'listeners: [{ type: http, address: 127.0.0.1, port: 5 }]';
    expect(webUrls(`hosts: { a.example: }\n${plain}`)).toEqual([null]);
  });

  test('is what it says itself, or what all say', () => {
    const hosts = 'hosts: { a.example: , b.example: { publicUrl: "https://b.example/" } }';
    expect(webUrls(`${hosts}\nhttp: { publicUrl: "https://chat.a.example:8443" }`)).toEqual([
      'https://chat.a.example:8443',
      'https://b.example',
    ]);
  });

  test('is of one host only', () => {
    const text = 'hosts: { a.example: , b.example: }\nhttp: { publicUrl: "https://chat.example" }';
    expect(problems(text)).toEqual([
      '2: https://chat.example is where browsers find another host than b.example already; give each its own: hosts.b.example.publicUrl',
    ]);
  });

  test.each([
    'chat.example.org',
    'http://chat.example.org',
    'https://chat.example.org/path',
    'https://user@chat.example.org',
    'https://chat.example.org?a',
    'wss://chat.example.org',
  ])('is not %s', (url) => {
    expect(problems(`hosts: { a.example: }\nhttp: { publicUrl: "${url}" }`)).toEqual([
      expect.stringContaining('must be an origin such as https://chat.example.org'),
    ]);
  });

  test('may be unencrypted on this machine', () => {
    const text = 'hosts: { localhost: }\nhttp: { publicUrl: "http://127.0.0.1:8080" }';
    expect(webUrls(text)).toEqual(['http://127.0.0.1:8080']);
  });
});

test('WebSocket clients are kept out, and sent elsewhere, by what is sound alone', () => {
  const parsed = (text: string) => parse(`hosts: { a.example: }\nhttp: ${text}`).http;
  expect(parsed('{ origins: ["https://a.example/"], seeOtherUri: "wss://b.example/ws" }')).toEqual({
    publicUrl: null,
    trustedProxies: [],
    forwardedHeader: 'X-Forwarded-For',
    origins: ['https://a.example'],
    seeOtherUri: 'wss://b.example/ws',
  });
  const mistakes =
    'http: { origins: [a.example], seeOtherUri: "ws://b.example", trustedProxies: [a] }';
  expect(problems(`hosts: { a.example: }\n${mistakes}`)).toHaveLength(3);
});

describe('a listener of HTTP', () => {
  test('that is not encrypted says its address', () => {
    expect(problems('hosts: { a.example: }\nlisteners:\n  - { type: http, port: 80 }')).toEqual([
      '3: this listener is not encrypted: it has to say its address; add "address: 127.0.0.1", or use type https',
    ]);
  });

  test('has no header of the PROXY protocol', () => {
    const text = 'listeners:\n  - { type: https, port: 80, proxyProtocol: { from: [10.0.0.1] } }';
    expect(problems(`hosts: { a.example: }\n${text}`)).toEqual([
      expect.stringContaining('http.trustedProxies'),
    ]);
  });

  test('that everybody reaches unencrypted deserves a second thought', () => {
    const text = 'hosts: { a.example: }\nlisteners: [{ type: http, address: "*", port: 80 }]\n';
    expect(parse(text).warnings).toEqual([expect.stringContaining('unencrypted')]);
    expect(parse(`${text}http: { trustedProxies: [10.0.0.0/8] }`).warnings).toEqual([]);
  });
});
