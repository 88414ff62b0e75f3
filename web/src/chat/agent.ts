import { type Agent, createClient } from 'stanza';
import { chatElements } from './elements.ts';
import { domainOf } from './jid.ts';

/** What the page can do by itself (XEP-0030); calls and the like add theirs. */
const FEATURES = [
  'http://jabber.org/protocol/disco#info',
  'http://jabber.org/protocol/disco#items',
  'http://jabber.org/protocol/caps',
  'http://jabber.org/protocol/chatstates',
  'urn:xmpp:ping',
  'urn:xmpp:time',
  'jabber:iq:version',
  'jabber:x:oob',
  'urn:xmpp:receipts',
  'urn:xmpp:chat-markers:0',
  'urn:xmpp:message-correct:0',
  'urn:xmpp:message-retract:1',
];

/** Mechanisms for what a browser does not have, or that show a password without need. */
const UNUSED_MECHANISMS = [
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-1-PLUS',
  'DIGEST-MD5',
  'X-OAUTH2',
  'OAUTHBEARER',
  'EXTERNAL',
  'ANONYMOUS',
];

/** Where streams are opened: beside the page itself (RFC 7395). */
export function streamUrl({ protocol, host }: Location): string {
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/xmpp-websocket`;
}

/** A client of the server that the page is from; it connects once it is told to. */
export function makeAgent(jid: string): Agent {
  const agent = createClient({
    jid,
    server: domainOf(jid),
    transports: { websocket: streamUrl(window.location), bosh: false },
    autoReconnect: false,
    // Whether somebody is told that a message has arrived is for the chat to say.
    sendReceipts: false,
    chatMarkers: false,
    softwareVersion: { name: 'Epode web client' },
    capsNode: 'urn:epode:web',
  });
  agent.stanzas.define(chatElements);
  agent.disco.features.set('', new Set(FEATURES));
  // Its own sessions would answer calls, and ask a foreign server for the way.
  agent.removeAllListeners('iq:set:jingle');
  for (const name of UNUSED_MECHANISMS) agent.sasl.disable(name);
  if (!window.isSecureContext) agent.sasl.disable('PLAIN');
  agent.enableKeepAlive({ interval: 60, timeout: 15 });
  return agent;
}
