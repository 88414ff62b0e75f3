import { once } from 'node:events';
import { connect } from 'node:net';

const STREAM = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`;
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

/** Signs in to a server that takes PLAIN on loopback, and asks it for one slot (XEP-0363 §4). */
export async function askForSlot(
  port: number,
  { name, password, bytes }: { name: string; password: string; bytes: number },
): Promise<{ put: string; get: string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  await once(socket, 'connect');
  let heard = '';
  socket.on('data', (text: string) => {
    heard += text;
  });
  const say = async (text: string, awaited: RegExp): Promise<string> => {
    heard = '';
    socket.write(text);
    while (!awaited.test(heard))
      await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
    return heard;
  };
  const plain = Buffer.from(`\0${name}\0${password}`).toString('base64');
  await say(STREAM, /<\/stream:features>/);
  await say(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`, /<success/);
  await say(STREAM, /<\/stream:features>/);
  const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`;
  await say(`<iq type='set' id='b'>${bind}</iq>`, /<\/iq>/);
  const request = `<request xmlns='urn:xmpp:http:upload:0' filename='file.bin' size='${bytes}' content-type='application/octet-stream'/>`;
  const answer = await say(`<iq type='get' id='s' to='upload.localhost'>${request}</iq>`, /<\/iq>/);
  socket.destroy();
  const urlOf = (element: string) => new RegExp(`<${element} url=["']([^"']+)`).exec(answer)?.[1];
  const [put, get] = [urlOf('put'), urlOf('get')];
  if (!put || !get) throw new Error(`no slot: ${answer}`);
  return { put, get };
}
