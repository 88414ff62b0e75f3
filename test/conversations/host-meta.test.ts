import { describe, expect } from '@jest/globals';
import { conversationInside } from '../support/conversation.ts';

describe('where to connect', () => {
  conversationInside(
    '[XEP-0156 2] is told in both formats, to pages from anywhere',
    { http: true },
    async (_, server) => {
      const at = (path: string) => fetch(`${server.webUrl}/.well-known/${path}`);
      const socket = `ws${server.webUrl!.slice(4)}/xmpp-websocket`;
      const bosh = `${server.webUrl}/http-bind`;
      const xrd = await at('host-meta');
      expect(xrd.headers.get('content-type')).toBe('application/xrd+xml; charset=utf-8');
      expect(xrd.headers.get('access-control-allow-origin')).toBe('*');
      expect(await xrd.text()).toBe(
        [
          "<?xml version='1.0' encoding='utf-8'?>",
          '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">',
          `<Link rel="urn:xmpp:alt-connections:websocket" href="${socket}"/>`,
          `<Link rel="urn:xmpp:alt-connections:xbosh" href="${bosh}"/>`,
          '</XRD>',
        ].join(''),
      );
      const jrd = await at('host-meta.json');
      expect(jrd.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(jrd.headers.get('access-control-allow-origin')).toBe('*');
      expect(await jrd.json()).toEqual({
        links: [
          { rel: 'urn:xmpp:alt-connections:websocket', href: socket },
          { rel: 'urn:xmpp:alt-connections:xbosh', href: bosh },
        ],
      });
    },
  );

  conversationInside(
    '[XEP-0487 2] is told with addresses once they are known, from a reload on',
    { http: true },
    async (_, server) => {
      server.useSettings({
        modules: {
          'host-meta': { addresses: ['203.0.113.5', '2001:db8::1'], directTlsPort: 5223 },
        },
      });
      const common = { ips: ['203.0.113.5', '2001:db8::1'], weight: 50, sni: 'localhost' };
      const jrd = await fetch(`${server.webUrl}/.well-known/host-meta.json`);
      expect(await jrd.json()).toMatchObject({
        xmpp: { ttl: 3600 },
        links: [
          { rel: 'urn:xmpp:alt-connections:tls', port: 5223, priority: 10, ...common },
          { rel: 'urn:xmpp:alt-connections:websocket', priority: 15, ...common },
          { rel: 'urn:xmpp:alt-connections:xbosh', priority: 20, ...common },
        ],
      });
    },
  );

  conversationInside(
    '[XEP-0156 2.2] is told as browsers find it, with TLS',
    { http: true, config: { publicUrl: 'https://chat.example.org' } },
    async (_, server) => {
      const jrd = await fetch(`${server.webUrl}/.well-known/host-meta.json`);
      expect(await jrd.json()).toEqual({
        links: [
          {
            rel: 'urn:xmpp:alt-connections:websocket',
            href: 'wss://chat.example.org/xmpp-websocket',
          },
          { rel: 'urn:xmpp:alt-connections:xbosh', href: 'https://chat.example.org/http-bind' },
        ],
      });
    },
  );

  conversationInside(
    '[XEP-0156 2.2] is not told where nothing is encrypted',
    { http: true, config: { publicUrl: 'http://127.0.0.1:5280' } },
    async (_, server) => {
      const answer = await fetch(`${server.webUrl}/.well-known/host-meta.json`);
      expect(answer.status).toBe(404);
    },
  );
});
