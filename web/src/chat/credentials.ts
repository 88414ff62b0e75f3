/**
 * What a page remembers of a sign-in: never a password, but the token that the server has
 * given this installation for it (XEP-0484), which its owner and the operator can revoke.
 */
export interface Credentials {
  /** Bare. */
  readonly jid: string;
  /** The id of this installation (XEP-0388 §2.3). */
  readonly client: string;
  readonly token: string;
  /** Whether it outlives the tab. */
  readonly isKept: boolean;
}

const KEY = 'epode.sign-in';

/** What is remembered, of this tab before what all tabs share; null for nothing. */
export function readCredentials(): Credentials | null {
  return parse(sessionStorage.getItem(KEY)) ?? parse(localStorage.getItem(KEY));
}

export function keepCredentials(credentials: Credentials): void {
  const text = JSON.stringify(credentials);
  sessionStorage.setItem(KEY, text);
  if (credentials.isKept) localStorage.setItem(KEY, text);
}

/** Other tabs may have signed in as somebody else: theirs stays. */
export function forgetCredentials({ client }: Pick<Credentials, 'client'>): void {
  for (const storage of [sessionStorage, localStorage]) {
    if (parse(storage.getItem(KEY))?.client === client) storage.removeItem(KEY);
  }
}

function parse(text: string | null): Credentials | null {
  if (text === null) return null;
  try {
    const { jid, client, token, isKept } = JSON.parse(text) as Partial<Credentials>;
    if (typeof jid !== 'string' || typeof client !== 'string') return null;
    if (typeof token !== 'string' || typeof isKept !== 'boolean') return null;
    return { jid, client, token, isKept };
  } catch {
    return null;
  }
}
