import { conversation } from '../support/conversation.ts';

conversation('the server answers a ping [XEP-0199 4.2]', async ({ juliet }, server) => {
  await juliet.sends`<iq type='get' id='1' to='${server}'><ping xmlns='urn:xmpp:ping'/></iq>`;
  await juliet.gets`<iq type='result' id='1' from='${server}' to='${juliet}'/>`;
});

conversation('a message', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
conversation('timing 1', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
conversation('timing 2', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
conversation('timing 3', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
conversation('timing 4', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
conversation('timing 5', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
conversation('timing 6', async ({ juliet, romeo: { laptop, phone } }) => {
  await juliet.sends`<message to='${laptop}' type='chat'><body>Hi</body></message>`;
  await laptop.gets`<message from='${juliet}'><body>Hi</body></message>`;
  await phone.getsNothing();
});
