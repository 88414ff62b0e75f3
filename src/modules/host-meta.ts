import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { duration } from '../server/config/quantities.ts';
import { defineModule } from '../server/module.ts';
import type { HttpExchange, HttpRoute } from '../transports/http-route.ts';
import { Element, serialize } from '../xml/element.ts';

const NS_XRD = 'http://docs.oasis-open.org/ns/xri/xrd-1.0';
const REL = 'urn:xmpp:alt-connections:';

/** Ways to connect that have an address on the web, and their places in the order of RFC 2782. */
const ON_THE_WEB = [
  { rel: `${REL}websocket`, scheme: 'ws', path: '/xmpp-websocket', priority: 15 },
  { rel: `${REL}xbosh`, scheme: 'http', path: '/http-bind', priority: 20 },
] as const;
const DIRECT_TLS = { rel: `${REL}tls`, priority: 10 } as const;
/** None is better than another of the same kind. */
const WEIGHT = 50;

const config = z.strictObject({
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(16)
    .default([])
    .describe(
      'Public IP addresses of the server. With any, clients are told all that they need to connect (XEP-0487), and no longer look into the DNS.',
    ),
  directTlsPort: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Where those find TLS from the first byte; nowhere unless given.'),
  lifetime: duration({ min: '1m', max: '7d' })
    .prefault('1h')
    .describe('How long clients may go by what they were told with `addresses`.'),
});

type HostMetaConfig = z.output<typeof config>;

/** XEP-0156 and, where the addresses are known, XEP-0487: what clients may connect to. */
export default defineModule({
  name: 'host-meta',
  summary: 'Tells browsers where to connect.',
  implements: [
    { xep: 156, version: '1.4.0', status: 'complete' },
    {
      xep: 487,
      version: '0.1.0',
      status: 'partial',
      note: 'off unless `addresses` are given; without pins and ECH',
    },
  ],
  config,
  setup({ config, host, webUrl }) {
    if (webUrl === null || !mayBePublished(webUrl)) return {};
    const asXml = writeXrd(webUrl);
    const asJson = JSON.stringify(makeJrd(webUrl, host.domain, config));
    return {
      httpRoutes: [
        document('/.well-known/host-meta', 'application/xrd+xml', asXml),
        document('/.well-known/host-meta.json', 'application/json', asJson),
      ],
    };
  },
});

/** XEP-0156 §2.2: nothing that is not encrypted, unless it stays on this machine. */
function mayBePublished(webUrl: string): boolean {
  const { protocol, hostname } = new URL(webUrl);
  return protocol === 'https:' || hostname === 'localhost';
}

/** `wss://chat.example.org/xmpp-websocket`: an `s` is where the web URL has one. */
function addressesOn(webUrl: string): { rel: string; href: string; priority: number }[] {
  const [, rest = ''] = webUrl.split(/^http/);
  return ON_THE_WEB.map(({ rel, scheme, path, priority }) => ({
    rel,
    href: `${scheme}${rest}${path}`,
    priority,
  }));
}

function writeXrd(webUrl: string): string {
  const links = addressesOn(webUrl).map(({ rel, href }) => new Element('Link', { rel, href }));
  const root = new Element('XRD', { xmlns: NS_XRD });
  for (const link of links) root.append(link);
  return `<?xml version='1.0' encoding='utf-8'?>${serialize(root)}`;
}

function makeJrd(webUrl: string, domain: string, config: HostMetaConfig): object {
  const { addresses, directTlsPort, lifetime } = config;
  const links = addressesOn(webUrl);
  if (addresses.length === 0) return { links: links.map(({ rel, href }) => ({ rel, href })) };
  const common = { weight: WEIGHT, ips: addresses };
  const sni = new URL(webUrl).hostname;
  const tls = { ...DIRECT_TLS, port: directTlsPort, sni: domainToASCII(domain), ...common };
  return {
    xmpp: { ttl: Math.floor(lifetime / 1_000) },
    links: [
      ...(directTlsPort === undefined ? [] : [tls]),
      ...links.map((link) => ({ ...link, sni, ...common })),
    ],
  };
}

function document(path: string, type: string, text: string): HttpRoute {
  const handle = ({ response }: HttpExchange) => {
    response.setHeader('Content-Type', `${type}; charset=utf-8`);
    response.setHeader('Content-Length', Buffer.byteLength(text));
    response.end(text);
  };
  return { path, methods: ['GET'], origins: 'any', handle };
}
