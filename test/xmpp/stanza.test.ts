import { describe, expect, test } from '@jest/globals';
import { Element } from '../../src/xml/element.ts';
import { parseFrame } from '../../src/xml/parse.ts';
import { StanzaError } from '../../src/xmpp/errors.ts';
import { Jid } from '../../src/xmpp/jid.ts';
import {
  MalformedStanzaError,
  makeError,
  makeResult,
  makeStanza,
  readStanza,
} from '../../src/xmpp/stanza.ts';

const juliet = Jid.parse('juliet@localhost/balcony');

function read(text: string, lang = '') {
  return readStanza(parseFrame(text), 'jabber:client', lang);
}

describe('a stanza read from a frame', () => {
  test('keeps the bytes of its content, whatever they are [RFC6120 8.4]', () => {
    const body = `<body xml:lang='de'>Grüße &amp; <![CDATA[<b>]]></body><x:y xmlns:x='urn:x' x:z="1"/>`;
    const stanza = read(`<message xmlns='jabber:client' to='romeo@localhost'>${body}</message>`);
    expect(stanza.stamped(juliet, stanza.to).toText()).toBe(
      `<message to='romeo@localhost' from='juliet@localhost/balcony'>${body}</message>`,
    );
  });

  test('keeps attributes and prefixes that it does not know', () => {
    const stanza = read(
      `<message xmlns='jabber:client' to='a@b' xmlns:f='urn:f' f:hint='x' other="'"/>`,
    );
    expect(stanza.toText()).toBe(
      `<message to='a@b' xmlns:f='urn:f' f:hint='x' other="'"></message>`,
    );
  });

  test("takes the stream's language where it names none [RFC6120 4.7.4]", () => {
    expect(read(`<message xmlns='jabber:client'/>`, 'de').lang).toBe('de');
    expect(read(`<message xmlns='jabber:client' xml:lang='fr'/>`, 'de').lang).toBe('fr');
  });

  test('says the namespace where the reader is not told otherwise [RFC6120 4.8.3]', () => {
    const stanza = read(`<message xmlns='jabber:client' id='1'><body>Hi</body></message>`);
    expect(stanza.toText('jabber:client')).toBe(
      `<message xmlns='jabber:client' id='1'><body>Hi</body></message>`,
    );
  });

  test('with a malformed address can still be answered [RFC6120 8.3.3.8]', () => {
    const wrong = `<message xmlns='jabber:client' to='a b@c' id='7'><body/></message>`;
    expect(() => read(wrong)).toThrow(MalformedStanzaError);
    try {
      read(wrong);
    } catch (error) {
      expect((error as MalformedStanzaError).stanza.id).toBe('7');
      expect((error as MalformedStanzaError).condition).toBe('jid-malformed');
    }
  });

  test('gives its children as trees', () => {
    const stanza = read(
      `<iq xmlns='jabber:client' type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>`,
    );
    const query = stanza.child('query', 'jabber:iq:roster');
    expect(query?.getNS()).toBe('jabber:iq:roster');
    expect(query?.getChild('item')?.attrs.jid).toBe('a@b');
    expect(stanza.child('query', 'urn:other')).toBeNull();
  });
});

describe('editing a stanza', () => {
  const stanza = read(
    `<message xmlns='jabber:client'><body>a</body><x xmlns='urn:x'/><body>b</body></message>`,
  );

  test('drops children and leaves the bytes around them', () => {
    const edited = stanza.edit({ drop: ({ xmlns }) => xmlns === 'urn:x' });
    expect(edited.toText()).toBe('<message><body>a</body><body>b</body></message>');
    expect(edited.has('x', 'urn:x')).toBe(false);
  });

  test('appends children that can be found again', () => {
    const edited = stanza.edit({ append: [new Element('y', { xmlns: 'urn:y', z: `"'<&` })] });
    expect(edited.child('y', 'urn:y')?.attrs.z).toBe(`"'<&`);
    expect(edited.has('x', 'urn:x')).toBe(true);
  });

  test('gives a stanza without content some', () => {
    const edited = read(`<message xmlns='jabber:client'/>`).edit({
      append: [new Element('y', { xmlns: 'urn:y' })],
    });
    expect(edited.has('y', 'urn:y')).toBe(true);
  });
});

describe('a stanza that the server makes', () => {
  test('escapes what it says', () => {
    const to = Jid.parse(`a@b/it's <&>`);
    const stanza = makeStanza('message', { to }, [new Element('body').t('<&>')]);
    const again = read(stanza.toText('jabber:client'));
    expect(again.to?.resource).toBe(`it's <&>`);
    expect(again.child('body', 'jabber:client')?.getText()).toBe('<&>');
  });

  test('finds its own children', () => {
    const stanza = makeStanza('iq', { type: 'get', id: '1' }, [
      new Element('ping', { xmlns: 'urn:xmpp:ping' }),
      new Element('pong', { xmlns: 'urn:xmpp:pong' }),
    ]);
    expect(stanza.child('pong', 'urn:xmpp:pong')?.name).toBe('pong');
  });

  test('answers with the addresses turned round', () => {
    const request = read(`<iq xmlns='jabber:client' type='get' id='1' to='localhost'><p/></iq>`);
    const result = makeResult(request.stamped(juliet, request.to));
    expect(result.toText()).toBe(
      `<iq to='juliet@localhost/balcony' from='localhost' type='result' id='1'></iq>`,
    );
  });

  test('never answers an error or a result with an error [RFC6120 8.3.1]', () => {
    const error = new StanzaError('service-unavailable');
    expect(makeError(read(`<message xmlns='jabber:client' type='error'/>`), error)).toBeNull();
    expect(makeError(read(`<iq xmlns='jabber:client' type='result' id='1'/>`), error)).toBeNull();
  });

  test('names the condition of an error, its type and a text [RFC6120 8.3.2]', () => {
    const request = read(`<message xmlns='jabber:client' id='1'/>`);
    const error = makeError(request, new StanzaError('bad-request', 'no <such> thing'));
    expect(error?.toText()).toBe(
      `<message type='error' id='1'><error type="modify">` +
        `<bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
        `<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">no &lt;such&gt; thing</text>` +
        `</error></message>`,
    );
  });

  test('puts the condition of an application last in an error [RFC6120 8.3.4]', () => {
    const application = { name: 'blocked', xmlns: 'urn:xmpp:blocking:errors' };
    const error = new StanzaError('not-acceptable', 'why', 'cancel', application);
    expect(makeError(read(`<message xmlns='jabber:client'/>`), error)?.toText()).toBe(
      `<message type='error'><error type="cancel">` +
        `<not-acceptable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
        `<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">why</text>` +
        `<blocked xmlns="urn:xmpp:blocking:errors"/></error></message>`,
    );
  });
});

test('a kept stanza outlives the buffer that it was read from', () => {
  const frame = parseFrame(`<message xmlns='jabber:client'><body>stays</body></message>`);
  const stanza = readStanza(frame);
  const copy = stanza.stamped(juliet, null);
  stanza.keep();
  frame.raw.fill(0);
  expect(copy.toText()).toContain('<body>stays</body>');
});
