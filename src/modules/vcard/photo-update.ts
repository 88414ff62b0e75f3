import { Element } from '../../xml/element.ts';
import type { FrameChild } from '../../xml/frame.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

/** The element by which presence says which picture is on the sender's card (XEP-0153 §4.1). */
const NS_UPDATE = 'vcard-temp:x:update';

/** Whether the client has something to say about its picture, be it that it says nothing yet. */
export function hasUpdate(presence: Stanza): boolean {
  return presence.has('x', NS_UPDATE);
}

/** Whether the client says itself which picture it shows, or that it shows none. */
export function namesPhoto(presence: Stanza): boolean {
  return presence.child('x', NS_UPDATE)?.getChild('photo', NS_UPDATE) !== undefined;
}

/** The presence with the picture's hash in place of what it said of one; '' stands for none. */
export function withPhoto(presence: Stanza, hash: string): Stanza {
  const update = new Element('x', { xmlns: NS_UPDATE });
  const photo = update.c('photo');
  if (hash !== '') photo.t(hash);
  return presence.edit({ drop: isUpdate, append: [update] });
}

function isUpdate({ name, xmlns }: FrameChild): boolean {
  return name === 'x' && xmlns === NS_UPDATE;
}
