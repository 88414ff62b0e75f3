/** XEP-0313, and XEP-0441 with it. */
export const NS_MAM = 'urn:xmpp:mam:2';
