/** A text is no JID, or no part of one; callers answer with `jid-malformed`. */
export class JidError extends Error {
  /** What is wrong, in plain words. */
  readonly text: string;

  constructor(text: string) {
    super(text);
    this.name = 'JidError';
    this.text = text;
  }
}
