export const NS_UPLOAD = 'urn:xmpp:http:upload:0';
export const NS_PURPOSE = 'urn:xmpp:http:upload:purpose:0';
