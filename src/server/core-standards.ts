import type { XepClaim } from './module.ts';

/** What the server follows besides what its modules claim: `docs/xeps.md` is made from both. */

/** RFCs, by number and title. */
export const coreRfcs: ReadonlyMap<number, string> = new Map([
  [6120, 'XMPP: Core, for clients; without federation'],
  [6121, 'XMPP: Instant Messaging and Presence'],
  [7622, 'XMPP: Address Format'],
  [7590, 'Use of TLS in XMPP'],
  [4422, 'SASL'],
  [4505, 'The ANONYMOUS SASL Mechanism'],
  [4616, 'The PLAIN SASL Mechanism'],
  [5802, 'SCRAM'],
  [7628, 'SASL for OAuth: OAUTHBEARER'],
  [7677, 'SCRAM-SHA-256'],
  [5929, 'Channel Bindings for TLS'],
  [9266, 'Channel Bindings for TLS 1.3'],
  [4013, 'SASLprep'],
  [8264, 'PRECIS Framework'],
  [8265, 'PRECIS: Usernames and Passwords'],
]);

/** XEPs of streams, transports and commands. */
export const coreXeps: readonly XepClaim[] = [
  { xep: 82, version: '1.1.1', status: 'complete' },
  {
    xep: 114,
    version: '1.6',
    status: 'partial',
    note: 'components connect to the server (accept); the server connects to none',
  },
  {
    xep: 124,
    version: '1.11.2',
    status: 'complete',
    note: 'one stream in a session; content is UTF-8 and not compressed',
  },
  { xep: 206, version: '1.4', status: 'complete' },
  {
    xep: 227,
    version: '1.1',
    status: 'partial',
    note: 'accounts, rosters, private XML, vCards, offline messages, blocked contacts, SCRAM keys and archives; PEP is left out',
  },
  { xep: 368, version: '1.1.0', status: 'complete' },
  { xep: 175, version: '1.2', status: 'complete' },
  { xep: 178, version: '1.2', status: 'partial', note: 'for clients; there is no federation yet' },
  { xep: 386, version: '1.1.0', status: 'complete' },
  { xep: 388, version: '1.0.4', status: 'complete' },
  { xep: 440, version: '1.0.0', status: 'complete' },
  { xep: 474, version: '0.5.0', status: 'complete' },
  { xep: 480, version: '0.2.0', status: 'complete' },
  {
    xep: 484,
    version: '0.2.0',
    status: 'complete',
    note: 'HT-SHA-256 with EXPR, ENDP and NONE; no TLS 0-RTT, which the server does not take',
  },
  { xep: 478, version: '0.2.0', status: 'complete' },
];
