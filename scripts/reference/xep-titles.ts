/** Titles of the XEPs that are claimed, as the XSF has them. */
export const XEP_TITLES: ReadonlyMap<number, string> = new Map([
  [4, 'Data Forms'],
  [12, 'Last Activity'],
  [30, 'Service Discovery'],
  [49, 'Private XML Storage'],
  [54, 'vcard-temp'],
  [59, 'Result Set Management'],
  [77, 'In-Band Registration'],
  [82, 'XMPP Date and Time Profiles'],
  [92, 'Software Version'],
  [114, 'Jabber Component Protocol'],
  [115, 'Entity Capabilities'],
  [128, 'Service Discovery Extensions'],
  [153, 'vCard-Based Avatars'],
  [156, 'Discovering Alternative XMPP Connection Methods'],
  [157, 'Contact Addresses for XMPP Services'],
  [160, 'Best Practices for Handling Offline Messages'],
  [175, 'Best Practices for Use of SASL ANONYMOUS'],
  [178, 'Best Practices for Use of SASL EXTERNAL with Certificates'],
  [191, 'Blocking Command'],
  [198, 'Stream Management'],
  [199, 'XMPP Ping'],
  [202, 'Entity Time'],
  [203, 'Delayed Delivery'],
  [227, 'Portable Import/Export Format for XMPP-IM Servers'],
  [280, 'Message Carbons'],
  [297, 'Stanza Forwarding'],
  [313, 'Message Archive Management'],
  [334, 'Message Processing Hints'],
  [352, 'Client State Indication'],
  [357, 'Push Notifications'],
  [359, 'Unique and Stable Stanza IDs'],
  [368, 'SRV records for XMPP over TLS'],
  [386, 'Bind 2'],
  [388, 'Extensible SASL Profile'],
  [398, 'User Avatar to vCard-Based Avatars Conversion'],
  [424, 'Message Retraction'],
  [430, 'Inbox'],
  [431, 'Full Text Search in MAM'],
  [440, 'SASL Channel-Binding Type Capability'],
  [441, 'Message Archive Management Preferences'],
  [474, 'SASL SCRAM Downgrade Protection'],
  [478, 'Stream Limits Advertisement'],
  [480, 'SASL Upgrade Tasks'],
  [484, 'Fast Authentication Streamlining Tokens'],
  [487, 'Host Meta 2 - One Method To Rule Them All'],
]);

/** @throws {Error} that says where to add it. */
export function xepTitle(xep: number): string {
  const title = XEP_TITLES.get(xep);
  if (title === undefined) {
    throw new Error(`XEP-${xep} has no title: add it to scripts/reference/xep-titles.ts`);
  }
  return title;
}
