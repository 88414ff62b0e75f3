/** The names of the portable format for servers' data (XEP-0227). */
export const NS_PIE = 'urn:xmpp:pie:0';
export const NS_SCRAM = 'urn:xmpp:pie:0#scram';
export const NS_ROSTER = 'jabber:iq:roster';
export const NS_PRIVATE = 'jabber:iq:private';
export const NS_PRIVACY = 'jabber:iq:privacy';
export const NS_VCARD = 'vcard-temp';
export const NS_BLOCKING = 'urn:xmpp:blocking';
export const NS_ARCHIVE = 'urn:xmpp:pie:0#mam';
export const NS_MAM = 'urn:xmpp:mam:2';
export const NS_FORWARD = 'urn:xmpp:forward:0';
