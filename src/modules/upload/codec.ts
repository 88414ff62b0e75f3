import type { UploadPurpose } from '../../storage/upload-port.ts';
import { Element } from '../../xml/element.ts';
import { formatDateTime, parseDateTime } from '../../xmpp/date-time.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { dataForm, makeField, makeForm } from '../../xmpp/forms.ts';
import { readFileName } from './file-name.ts';
import { readMediaType } from './media-type.ts';
import { NS_PURPOSE, NS_UPLOAD } from './namespace.ts';

const SIZE = /^0*[1-9]\d{0,14}$/;
const PURPOSES = ['message', 'profile', 'ephemeral', 'permanent'] as const;

/** What a client wants a slot for. */
export interface SlotRequest {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Media type; '' where the client has not said it. */
  readonly type: string;
  readonly purpose: UploadPurpose;
  /** When the file must be gone, in milliseconds since 1970; null where that is left to us. */
  readonly expireBefore: number | null;
}

/** XEP-0363 §4, §5. Throws `StanzaError`. */
export function decodeRequest(request: Element): SlotRequest {
  const { filename, size, 'content-type': contentType = '' } = request.attrs;
  if (filename === undefined) throw new StanzaError('bad-request', 'filename is missing');
  if (!SIZE.test(size ?? '')) throw new StanzaError('bad-request', 'size is no number of bytes');
  const type = contentType === '' ? '' : readMediaType(contentType);
  if (type === null) throw new StanzaError('bad-request', 'content-type is no media type');
  return { name: readFileName(filename), size: Number(size), type, ...decodePurpose(request) };
}

/** XEP-0363 §5: without one it is for a message. */
function decodePurpose(request: Element): Pick<SlotRequest, 'purpose' | 'expireBefore'> {
  const [wanted, ...others] = request
    .getChildElements()
    .filter((each) => each.getNS() === NS_PURPOSE);
  if (others.length > 0) throw new StanzaError('bad-request', 'there is more than one purpose');
  if (!wanted) return { purpose: 'message', expireBefore: null };
  const purpose = PURPOSES.find((each) => each === wanted.getName());
  if (!purpose) throw new StanzaError('feature-not-implemented', 'the purpose is not known here');
  return { purpose, expireBefore: purpose === 'ephemeral' ? decodeExpiry(wanted) : null };
}

/** XEP-0363 §5.3. */
function decodeExpiry({ attrs }: Element): number {
  const moment = parseDateTime(attrs['expire-before'] ?? '');
  if (moment !== null) return moment;
  throw new StanzaError('bad-request', 'expire-before is no date and time');
}

export function encodeSlot({ put, get }: { put: string; get: string }): Element {
  const slot = new Element('slot', { xmlns: NS_UPLOAD });
  slot.c('put', { url: put });
  slot.c('get', { url: get });
  return slot;
}

/** XEP-0363 §3: the form in what the service says of itself. */
export function encodeForm(maxFileSize: number): Element {
  const field = makeField('max-file-size', 'text-single', { values: [String(maxFileSize)] });
  return dataForm.encode(makeForm('result', NS_UPLOAD, { fields: [field] }));
}

export function featuresOf(purposes: readonly UploadPurpose[]): string[] {
  return [NS_UPLOAD, ...purposes.map((purpose) => `${NS_PURPOSE}#${purpose}`)];
}

/** XEP-0363 §6. */
export function fileTooLarge(maxFileSize: number): StanzaError {
  const detail = new Element('file-too-large', { xmlns: NS_UPLOAD });
  detail.c('max-file-size').t(String(maxFileSize));
  const text = `The file is too large. Files may have ${maxFileSize} bytes.`;
  return new StanzaError('not-acceptable', text, 'modify', detail);
}

/** XEP-0363 §6: for now; `retry` is when it may work, in milliseconds since 1970, null: not known. */
export function notNow(text: string, retry: number | null): StanzaError {
  const stamp = retry === null ? null : formatDateTime(retry);
  const detail = stamp === null ? null : new Element('retry', { xmlns: NS_UPLOAD, stamp });
  return new StanzaError('resource-constraint', text, 'wait', detail);
}
