/** The client's end of a connection, whatever carries it. */
export interface Wire {
  onText: (text: string) => void;
  /** The server has ended its side, or the connection broke. */
  onEnd: () => void;
  write(text: string): void;
  /** The client's side of a TLS handshake, once the server has said `<proceed/>`. */
  secure(): Promise<void>;
  end(): void;
  /** Breaks the connection without a word. */
  destroy(): void;
}

/** A server that conversations are held with. */
export interface Stage {
  readonly domain: string;
  /** Whether clients have to use STARTTLS. */
  readonly usesTls: boolean;
  /** Whether clients are secure as soon as they are connected. */
  readonly startsSecure?: boolean;
  /** Milliseconds to wait for what is expected. */
  readonly patience: number;
  /** The localpart of a person's account here. */
  usernameOf(person: string): string;
  createAccount(username: string, password: string): Promise<void>;
  connect(): Promise<Wire>;
  /** Resolves when all that was sent has been dealt with, as far as this can be known. */
  idle(): Promise<void>;
  /** Throws when something went wrong behind the scenes. */
  stop(): Promise<void>;
  /** The domain, for templates. */
  toString(): string;
}
