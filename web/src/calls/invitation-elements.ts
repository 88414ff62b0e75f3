import { JXT } from 'stanza';
import type { InvitationMessage, Step } from './invitation.ts';

declare module 'stanza/protocol' {
  interface Message {
    /** XEP-0353 */
    invitation?: InvitationMessage;
  }
}

const NS = 'urn:xmpp:jingle-message:0';
const NS_JINGLE = 'urn:xmpp:jingle:1';
const NS_RTP = 'urn:xmpp:jingle:apps:rtp:1';
const STEPS: readonly Step[] = [
  ...(['propose', 'ringing', 'proceed', 'accept', 'reject', 'retract', 'finish'] as const),
];

const reason: JXT.FieldDefinition<string> = {
  importer: (xml) => {
    const [first] = xml.getChild('reason', NS_JINGLE)?.children ?? [];
    return typeof first === 'object' ? first.getName() : undefined;
  },
  exporter: (xml, condition) => {
    const element = new JXT.XMLElement('reason', { xmlns: NS_JINGLE });
    element.appendChild(new JXT.XMLElement(condition));
    xml.appendChild(element);
  },
};

/** Jingle Message Initiation (XEP-0353), for stanza's registry. */
export const invitationElements: JXT.DefinitionOptions[] = STEPS.map((step) => ({
  path: 'message.invitation',
  element: step,
  namespace: NS,
  type: step,
  typeField: 'step',
  fields: {
    id: JXT.attribute('id'),
    media: JXT.multipleChildAttribute(NS_RTP, 'description', 'media'),
    reason,
    tieBreak: JXT.childBoolean(null, 'tie-break'),
  },
}));
