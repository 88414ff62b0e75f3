// Contacts and messages of one account. The page says where the server is; Strophe.js takes
// WebSocket for ws: and wss:, BOSH for http: and https:.
import { $iq, $msg, $pres, Strophe } from './strophe.esm.js';

const { Status } = Strophe;
const find = (id) => document.getElementById(id);
const connection = new Strophe.Connection(document.body.dataset.service);

/** Signs in. `secret` is a password or, where the server offers OAUTHBEARER, a token. */
export function signIn(address, secret) {
  find('status').textContent = 'Signing in…';
  connection.reset();
  connection.addHandler(heard, null, 'message');
  connection.connect(address, secret, changed);
}

function changed(status) {
  if (status === Status.AUTHFAIL) end('Wrong address or password');
  if (status === Status.CONNFAIL) end('No connection');
  if (status === Status.DISCONNECTED && !find('chat').hidden) end('Not connected');
  if (status === Status.CONNECTED) begin();
}

function begin() {
  find('status').textContent = `Signed in as ${Strophe.getBareJidFromJid(connection.jid)}`;
  show(true);
  connection.sendIQ($iq({ type: 'get' }).c('query', { xmlns: Strophe.NS.ROSTER }), listContacts);
  // Tells contacts that we are here, and fetches what has been waiting.
  connection.send($pres());
}

function end(reason) {
  find('status').textContent = reason;
  show(false);
}

function show(isSignedIn) {
  find('chat').hidden = !isSignedIn;
  const form = find('sign-in');
  if (form) form.hidden = isSignedIn;
}

function listContacts(answer) {
  const items = [...answer.getElementsByTagName('item')].map((item) => {
    const address = item.getAttribute('jid');
    const button = element('button', item.getAttribute('name') || address);
    button.addEventListener('click', () => {
      find('write').elements.to.value = address;
    });
    return element('li', button);
  });
  find('contacts').replaceChildren(...items);
}

function heard(message) {
  const from = Strophe.getBareJidFromJid(message.getAttribute('from') ?? connection.jid);
  const body = message.querySelector(':scope > body');
  if (message.getAttribute('type') === 'error') log(from, 'cannot be reached');
  else if (body) log(from, body.textContent);
  // Wants the next one, too.
  return true;
}

function log(who, text) {
  find('messages').append(element('li', element('b', who), ' ', text));
}

/** Text stays text: nothing that others write becomes markup. */
function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

find('write').addEventListener('submit', (event) => {
  event.preventDefault();
  const { to, text } = event.target.elements;
  connection.send($msg({ to: to.value, type: 'chat' }).c('body').t(text.value));
  log('You', text.value);
  text.value = '';
});
find('sign-out').addEventListener('click', () => connection.disconnect());
