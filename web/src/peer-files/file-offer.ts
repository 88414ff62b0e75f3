import { type Content, isRtp, type Jingle } from '../calls/jingle.ts';

/** XEP-0234 */
export const FILE_TRANSFER = 'urn:xmpp:jingle:apps:file-transfer:5';
export const RECEIVED = `{${FILE_TRANSFER}}received`;

/** The largest file, in bytes: its checksum is made of all of it in memory. */
export const MAX_SIZE = 256 * 1024 * 1024;
const MAX_NAME = 200;

/** A file as its sender describes it. */
export type FileOffer = {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256: XEP-0300. */
  readonly hash: Uint8Array;
};

/** A description as the codecs of `stanza` read and write it. */
type FileApplication = {
  readonly applicationType: string;
  readonly file?: {
    readonly name?: string;
    readonly size?: number;
    readonly mediaType?: string;
    readonly hashes?: readonly { readonly algorithm?: string; readonly value?: Uint8Array }[];
  };
};

/** Describes a file for its receiver: XEP-0234 §5. */
export function applicationOf({ name, size, hash }: FileOffer, mediaType: string): FileApplication {
  const file = { name, size, hashes: [{ algorithm: 'sha-256', value: hash }] };
  return {
    applicationType: FILE_TRANSFER,
    file: mediaType === '' ? file : { ...file, mediaType },
  };
}

/**
 * Reads the offer of one file over a data channel (XEP-0343); undefined where it is another
 * one, too large, or without a checksum that can be verified.
 */
export function fileOfferOf({ contents = [] }: Jingle): FileOffer | undefined {
  const [content] = contents;
  if (contents.length !== 1 || !content || !isByDataChannel(content)) return undefined;
  const { file } = content.application as FileApplication;
  const hash = file?.hashes?.find(({ algorithm }) => algorithm === 'sha-256')?.value;
  const size = file?.size;
  if (hash?.length !== 32 || size === undefined || !(size >= 0 && size <= MAX_SIZE)) {
    return undefined;
  }
  return { name: safeName(file?.name), size, hash };
}

/** A name that is no path, shows as it is, and has nothing to fool the eye. */
export function safeName(name = ''): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const shown = last.replace(/[\p{C}\p{Zl}\p{Zp}:*?"<>|]/gu, '').replace(/^[.\s]+/, '');
  return [...shown].slice(-MAX_NAME).join('') || 'file';
}

function isByDataChannel({ application, transport, senders }: Content): boolean {
  const isFile = !isRtp(application) && application?.applicationType === FILE_TRANSFER;
  // `responder`: somebody asks for a file of ours, and we have none to give.
  return isFile && transport?.sctp !== undefined && senders !== 'responder';
}
