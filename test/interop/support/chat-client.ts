export type Show = 'online' | 'away' | 'dnd' | 'offline';

/** A program somebody chats with, signed in. Waiting methods throw when nothing comes. */
export type ChatClient = {
  readonly name: string;
  readonly address: string;
  /** Asks for the contact's presence. */
  ask(contact: string): Promise<void>;
  /** Waits for the contact's request and grants it. */
  approve(contact: string): Promise<void>;
  say(contact: string, text: string): Promise<void>;
  /** Waits until the program shows this message from the contact. */
  hears(contact: string, text: string): Promise<void>;
  /** Waits until the program shows the contact so. */
  sees(contact: string, show: Show): Promise<void>;
  /** Takes the contact off the roster; waits until it has gone from there. */
  remove(contact: string): Promise<void>;
  quit(): Promise<void>;
};

export type BlockingClient = ChatClient & {
  /** Waits until the program says that the contact is blocked. */
  block(contact: string): Promise<void>;
  unblock(contact: string): Promise<void>;
  /** Throws when the program shows this message from the contact now. */
  hasNotHeard(contact: string, text: string): Promise<void>;
};

/** RFC 6121 §3.1: `asker` asks, `other` grants and asks back. Ends when each sees the other. */
export async function befriend(asker: ChatClient, other: ChatClient): Promise<void> {
  await asker.ask(other.address);
  await other.approve(asker.address);
  await other.ask(asker.address);
  await asker.approve(other.address);
  await asker.sees(other.address, 'online');
  await other.sees(asker.address, 'online');
}

/** One message each way, with text that clients and servers must escape. */
export async function converse(one: ChatClient, other: ChatClient): Promise<void> {
  const question = `Is <b>${one.name}</b> & co. heard?`;
  await one.say(other.address, question);
  await other.hears(one.address, question);
  const answer = `${other.name} hears "you".`;
  await other.say(one.address, answer);
  await one.hears(other.address, answer);
}

/** RFC 6121 §2.5.2: who is taken off a roster does not see its owner any more. */
export async function part(one: ChatClient, other: ChatClient): Promise<void> {
  await one.remove(other.address);
  await other.sees(one.address, 'offline');
}

/**
 * XEP-0191 §3: a blocked contact sees its blocker leave and is not heard, until it is unblocked.
 * That its next message is heard shows that the one before would have been.
 */
export async function blockAndUnblock(blocker: BlockingClient, other: ChatClient): Promise<void> {
  await blocker.block(other.address);
  await other.sees(blocker.address, 'offline');
  await other.say(blocker.address, 'Nobody hears this');
  await blocker.unblock(other.address);
  await other.sees(blocker.address, 'online');
  await other.say(blocker.address, 'This is heard again');
  await blocker.hears(other.address, 'This is heard again');
  await blocker.hasNotHeard(other.address, 'Nobody hears this');
}
