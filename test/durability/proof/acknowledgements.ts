import type { Element } from 'ltx';
import { NS } from './client.ts';

/** What was written under stream management and may have to be written again. */
interface Unacknowledged {
  readonly text: string;
  /** Of a numbered message. */
  readonly id: string | null;
}

/** The client's side of stream management (XEP-0198): both counters, and what to send again. */
export class Acknowledgements {
  /** Under which the session may be resumed; null where the server does not keep it. */
  readonly resumption: string | null;
  /** Stanzas that this client has handled. */
  handled = 0;
  readonly #onAcknowledged: (id: string) => void;
  readonly #onFault: (what: string) => void;
  #unacknowledged: Unacknowledged[] = [];
  #acknowledged = 0;

  constructor(
    resumption: string | null,
    onAcknowledged: (id: string) => void,
    onFault: (what: string) => void,
  ) {
    this.resumption = resumption;
    this.#onAcknowledged = onAcknowledged;
    this.#onFault = onFault;
  }

  /** Notes what is about to be written. */
  sends(text: string, id: string | null): void {
    this.#unacknowledged.push({ text, id });
  }

  /** Takes the `h` of an `<a/>`, a `<resumed/>` or a `<failed/>`. */
  takes(element: Element): void {
    const h = Number(element.attrs.h);
    const sent = this.#acknowledged + this.#unacknowledged.length;
    if (!(h >= this.#acknowledged && h <= sent)) {
      const known = `${this.#acknowledged} are acknowledged and ${sent} sent`;
      this.#onFault(`<${element.name}/> has h=${element.attrs.h} where ${known}`);
      return;
    }
    const done = this.#unacknowledged.splice(0, h - this.#acknowledged);
    this.#acknowledged = h;
    for (const { id } of done) if (id !== null) this.#onAcknowledged(id);
  }

  /** What a resumed session writes again, counted already (XEP-0198 §5). */
  again(): readonly string[] {
    return this.#unacknowledged.map(({ text }) => text);
  }

  /** What a session that takes this one's place has to send anew: messages alone. */
  left(): readonly { readonly text: string; readonly id: string }[] {
    return this.#unacknowledged.flatMap(({ text, id }) => (id === null ? [] : [{ text, id }]));
  }

  resume(): string {
    return `<resume xmlns='${NS.sm}' h='${this.handled}' previd='${this.resumption}'/>`;
  }

  answer(): string {
    return `<a xmlns='${NS.sm}' h='${this.handled}'/>`;
  }
}
