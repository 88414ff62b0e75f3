import type { SessionWire } from '../stream/ports.ts';

/** What a session writes to while it has no stream: nobody gets it, and it says where the last came from. */
export class LostWire implements SessionWire {
  readonly remoteAddress: string;
  readonly transport: string;
  readonly isSecure = false;
  readonly mayShowPassword = false;
  readonly queuedBytes = 0;
  readonly contentXmlns = '';
  readonly lang: string;

  constructor({
    remoteAddress,
    transport,
    lang,
  }: Pick<SessionWire, 'remoteAddress' | 'transport' | 'lang'>) {
    this.remoteAddress = remoteAddress;
    this.transport = transport;
    this.lang = lang;
  }

  send(): void {}

  sendParts(): void {}

  pause(): void {}

  resume(): void {}

  close(): void {}

  leave(): void {}
}
