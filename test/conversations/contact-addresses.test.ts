import { describe, expect, test } from '@jest/globals';
import { builtinModules } from '../../src/builtin-modules.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { conversation } from '../support/conversation.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const FORMS = 'jabber:x:data';
const SERVER_INFO = 'http://jabber.org/network/serverinfo';

describe('whom to turn to', () => {
  conversation(
    'stands in what the server says of itself [XEP-0157 3]',
    {
      config: {
        modules: {
          'contact-addresses': {
            abuse: ['mailto:abuse@example.org', 'xmpp:abuse@example.org'],
            status: ['https://status.example.org/?a&b'],
          },
        },
      },
    },
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${INFO}'/></iq>`;
      const iq = await juliet.gets`
        <iq type='result' id='1' from='${server}'>
          <query xmlns='${INFO}'>
            <x xmlns='${FORMS}' type='result'>
              <field var='FORM_TYPE' type='hidden'><value>${SERVER_INFO}</value></field>
              <field var='abuse-addresses'>
                <value>mailto:abuse@example.org</value>
                <value>xmpp:abuse@example.org</value>
              </field>
              <field var='status-addresses'><value>https://status.example.org/?a&amp;b</value></field>
            </x>
          </query>
        </iq>`;
      const form = iq.getChild('query', INFO)?.getChild('x', FORMS);
      expect(form?.getChildren('field')).toHaveLength(3);
    },
  );

  conversation('is not there where nobody has said [XEP-0157 3]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${INFO}'/></iq>`;
    const iq = await juliet.gets`<iq type='result' id='1'><query xmlns='${INFO}'/></iq>`;
    expect(iq.getChild('query', INFO)?.getChild('x', FORMS)).toBeUndefined();
  });
});

describe('an address', () => {
  const parse = (address: unknown) =>
    parseConfig(
      '/epode.yaml',
      JSON.stringify({
        hosts: { localhost: null },
        modules: { 'contact-addresses': { admin: [address] } },
      }),
      builtinModules,
    );

  test.each([
    'mailto:xmpp@example.org',
    'mailto:xmpp@example.org?subject=Chat',
    'xmpp:admin@example.org',
    'xmpp:admin@example.org?message',
    'xmpp:caf%C3%A9@example.org',
    'xmpp:support@rooms.example.org?join',
    'https://example.org/kontakt/über',
    'http://example.org:8080/',
    'tel:+49-30-123456',
    'sip:admin@example.org',
  ])('may be %s [XEP-0157 3]', (address) => {
    expect(() => parse(address)).not.toThrow();
  });

  test.each([
    'admin@example.org',
    '',
    'mailto:',
    'mailto:admin',
    'mailto:a@b@c',
    'xmpp:',
    'xmpp://example.org/admin@example.org',
    'xmpp:%FF@example.org',
    'xmpp:@example.org',
    'https://',
    'https:// example.org',
    'https://example.org/<b>',
    '://example.org',
    `https://example.org/${'x'.repeat(1000)}`,
    42,
  ])('cannot be %p [XEP-0157 3]', (address) => {
    expect(() => parse(address)).toThrow(/^\/epode\.yaml:1:\d+: modules\.contact-addresses\.admin/);
  });
});
