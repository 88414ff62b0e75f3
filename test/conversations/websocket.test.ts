import { expect } from '@jest/globals';
import { conversationInside } from '../support/conversation.ts';
import { ASK, acknowledges, enables, resumes } from '../support/stream-management.ts';

// TLS that begins within the stream is of no use here, and the address is the listener's.
const both = { http: true, quiet: ['juliet'] } as const;

conversationInside(
  '[RFC 7395 3.10] a session goes on by WebSocket, and back over TCP',
  both,
  async ({ juliet, romeo }, server) => {
    if (server.usesTls) return;
    const id = await enables(juliet);
    await romeo.sends`<message to='${juliet}' id='1'><body>before</body></message>`;
    await juliet.gets`<message id='1'/>`;
    await juliet.vanishes();
    await romeo.sends`<message to='${juliet}' id='2'><body>meanwhile</body></message>`;
    await romeo.settles();

    server.usesWebSocket = true;
    await resumes(juliet, id, 0);
    await juliet.gets`<message id='1'><body>before</body></message>`;
    expect(juliet.lastText).toContain(" xmlns='jabber:client'");
    await juliet.gets`<message id='2'><body>meanwhile</body></message>`;
    await juliet.gets`${ASK}`;
    await acknowledges(juliet, 2);
    await romeo.sends`<message to='${juliet}' id='3'><body>by WebSocket</body></message>`;
    await juliet.gets`<message id='3'><body>by WebSocket</body></message>`;
    await juliet.sends`<message to='${romeo}' id='4'><body>from there</body></message>`;
    await romeo.gets`<message id='4'><body>from there</body></message>`;
    await juliet.vanishes();

    server.usesWebSocket = server.startsSecure;
    await resumes(juliet, id, 2);
    await juliet.gets`<message id='3'><body>by WebSocket</body></message>`;
    if (!server.startsSecure) expect(juliet.lastText).not.toContain("xmlns='jabber:client'");
    await juliet.gets`${ASK}`;
    await acknowledges(juliet, 3);
    await juliet.leaves();
  },
);

conversationInside(
  '[RFC 7395 3.3.3] what comes by WebSocket is as it should be over TCP, and the other way round',
  both,
  async ({ nurse, romeo }, server) => {
    if (server.usesTls) return;
    await nurse.leaves();
    server.usesWebSocket = true;
    await nurse.returns();
    const own = "<x xmlns='urn:example:own'><y/></x>";
    await nurse.sends`<message to='${romeo}' type='chat'><body>&lt;ä&gt;</body>${own}</message>`;
    await romeo.gets`<message from='${nurse}' type='chat'><body>&lt;ä&gt;</body>${own}</message>`;
    if (!server.startsSecure) expect(romeo.lastText).not.toContain("xmlns='jabber:client'");
    await romeo.sends`<message to='${nurse}' type='chat'><body>✓</body>${own}</message>`;
    await nurse.gets`<message from='${romeo}' type='chat'><body>✓</body>${own}</message>`;
    expect(nurse.lastText).toMatch(/^<message xmlns='jabber:client'/);
    const [session] = [...server.server.hosts].flatMap(({ binder }) =>
      binder.list().filter(({ jid }) => jid.local === 'nurse'),
    );
    expect(session?.connection).toMatchObject({ transport: 'websocket', isSecure: true });
  },
);
