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
  show(show: Exclude<Show, 'offline'>, status: string): Promise<void>;
  quit(): Promise<void>;
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
