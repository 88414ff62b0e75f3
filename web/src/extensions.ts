import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Agent } from 'stanza';
import { callsAndPeerFiles } from './calls/extension.tsx';

/** What is added to the client for one session: calls, files from page to page. */
export interface Extension {
  /** In the header of a conversation. */
  headerButtons?(peer: string, name: string): ComponentChildren;
  /** Once, on top of everything. */
  overlay?(nameOf: (bareJid: string) => string): ComponentChildren;
  /** Above the message field of a conversation. */
  transfers?(peer: string): ComponentChildren;
  /** Sends a file by itself; false leaves it to the server's upload. */
  sendFile?(peer: string, file: File): boolean;
  /** The bare JID of who calls and waits for an answer; null for nobody. */
  readonly ringing?: ReadonlySignal<string | null>;
  /** Among the settings of the account. */
  settings?(): ComponentChildren;
  /** The session is over. */
  stop?(): void;
}

/** Made before the client's first presence; `server` is the domain of the account. */
export type ExtensionFactory = (agent: Agent, server: string) => Extension;

export const extensions: readonly ExtensionFactory[] = [callsAndPeerFiles];
