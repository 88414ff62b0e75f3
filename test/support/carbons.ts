import type { Client } from './client.ts';
import { nothing } from './template.ts';

export const CARBONS = 'urn:xmpp:carbons:2';

/** Devices ask for copies. */
export async function enableCarbons(...clients: readonly Client[]): Promise<void> {
  for (const client of clients) {
    await client.sends`<iq type='set' id='enable'><enable xmlns='${CARBONS}'/></iq>`;
    await client.gets`<iq type='result' id='enable' from='${client.bare}' to='${client}'>${nothing}</iq>`;
  }
}

export async function disableCarbons(client: Client): Promise<void> {
  await client.sends`<iq type='set' id='disable'><disable xmlns='${CARBONS}'/></iq>`;
  await client.gets`<iq type='result' id='disable' from='${client.bare}' to='${client}'>${nothing}</iq>`;
}

/** The copy that `to` gets of a message, as it is delivered. */
export function copy(to: Client, direction: 'sent' | 'received', message: string): string {
  const type = /^\s*<message[^>]* type='(\w+)'/.exec(message)?.[1];
  return `
    <message from='${to.bare}' to='${to}' type='${type ?? nothing}'>
      <${direction} xmlns='${CARBONS}'>
        <forwarded xmlns='urn:xmpp:forward:0'>
          ${message.replace('<message', "<message xmlns='jabber:client'")}
        </forwarded>
      </${direction}>
    </message>`;
}
