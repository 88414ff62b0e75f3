"""A slixmpp client driven by JSON lines on standard input; see protocol.ts."""

import asyncio
import base64
import json
import os
import sys
from xml.etree import ElementTree as ET

from lines import obey_lines, tell
from slixmpp import JID, ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath


class Client(ClientXMPP):
    def __init__(self, session):
        super().__init__(session['address'], session['password'])
        self.port = session['port']
        self.auto_authorize = None
        self.auto_subscribe = False
        if 'authority' in session:
            self.ca_certs = session['authority']
            # For uploads, which the library leaves to another.
            os.environ['SSL_CERT_FILE'] = session['authority']
        for plugin in ('xep_0030', 'xep_0054', 'xep_0092', 'xep_0153', 'xep_0191', 'xep_0199',
                       'xep_0202', 'xep_0203', 'xep_0280', 'xep_0313',
                       'xep_0352', 'xep_0363'):
            self.register_plugin(plugin)
        self.comes_back = session.get('comesBack', False)
        if self.comes_back:
            self.register_plugin('xep_0198')
        self.listen()

    async def get_dns_records(self, domain, port=None):
        """The library itself goes to port 5222 of a name, whatever port it was told; and told
        a number instead of a name, it compares the certificate with no name at all."""
        return [(domain, '127.0.0.1', self.port)]

    def listen(self):
        self.add_event_handler('session_start', lambda _: tell('online', jid=str(self.boundjid)))
        self.add_event_handler('disconnected', lambda _: tell('offline'))
        self.add_event_handler('sm_enabled', lambda _: tell('managed'))
        self.add_event_handler('session_resumed', lambda _: tell('resumed'))
        if self.comes_back:
            self.add_event_handler('disconnected', self.come_back)
        self.add_event_handler('failed_auth', lambda _: self.give_up('authentication'))
        self.add_event_handler('ssl_invalid_chain', lambda e: self.give_up(f'certificate: {e}'))
        self.add_event_handler('connection_failed', lambda e: self.give_up(f'connection: {e}'))
        self.add_event_handler('message', self.on_message)
        self.add_event_handler('message_error', self.on_message)
        self.add_event_handler('carbon_sent', lambda m: self.on_carbon(m, 'sent'))
        self.add_event_handler('carbon_received', lambda m: self.on_carbon(m, 'received'))
        self.add_event_handler('blocked', lambda iq: self.on_blocking(iq, 'block'))
        self.add_event_handler('unblocked', lambda iq: self.on_blocking(iq, 'unblock'))
        self.add_event_handler('roster_update', self.on_roster)
        presence = MatchXPath('{jabber:client}presence')
        self.register_handler(Callback('Every presence', presence, self.on_presence))

    async def come_back(self, _):
        await asyncio.sleep(0.5)
        self.connect(self.place, use_ssl=False, force_starttls=True)

    def give_up(self, reason):
        tell('failed', reason=reason)
        self.abort()

    def on_message(self, message):
        # An absent delay reads as an empty string; reading it creates the element.
        delayed = message.xml.find('{urn:xmpp:delay}delay')
        stamp = None if delayed is None else delayed.get('stamp')
        sender = message['from']
        tell('message', sender=sender.bare, resource=sender.resource, body=message['body'],
             type=message['type'], delay=stamp)

    def on_carbon(self, message, direction):
        copied = message[f'carbon_{direction}']
        tell('carbon', direction=direction, sender=copied['from'].bare, to=copied['to'].bare,
             body=copied['body'])

    def on_presence(self, presence):
        kind = presence.xml.get('type', 'available')
        update = presence.xml.find('{vcard-temp:x:update}x')
        photo = None if update is None else update.findtext('{vcard-temp:x:update}photo')
        tell('presence', sender=presence['from'].bare, resource=presence['from'].resource,
             type=kind, show=presence['show'] or '', status=presence['status'], photo=photo)

    def on_roster(self, iq):
        if iq['type'] != 'set':
            return
        for item in roster_items(iq):
            tell('roster-push', **item)

    def on_blocking(self, push, name):
        tell(f'{name}ed', jids=texts(push[name]['items']))
        # The library leaves the answer to the program.
        push.reply().send()

    async def obey(self, command):
        """Carries out one command; its result answers the command's id."""
        if command['do'] == 'presence':
            self.send_presence(pto=command.get('to'), ptype=command.get('type'),
                               pshow=command.get('show'), pstatus=command.get('status'))
        elif command['do'] == 'message':
            self.send_message(mto=command['to'], mbody=command['body'], mtype='chat')
        elif command['do'] == 'roster':
            # The answer is empty when the library holds the current version already.
            await self.get_roster()
            return {'items': [self.contact(jid) for jid in self.client_roster.keys()]}
        elif command['do'] == 'roster-set':
            await self.update_roster(command['jid'], name=command['name'],
                                     groups=command['groups'])
        elif command['do'] == 'roster-remove':
            await self.del_roster_item(command['jid'])
        elif command['do'] == 'query':
            return await self.query(command['kind'], command['to'])
        elif command['do'] == 'vcard-set':
            await self.set_vcard(command['name'], base64.b64decode(command['photo']))
        elif command['do'] == 'vcard':
            answer = await self['xep_0054'].get_vcard(command['of'], local=False)
            return vcard_fields(answer['vcard_temp'])
        elif command['do'] == 'upload':
            return {'url': await self.upload(command['file'], command['type'])}
        elif command['do'] == 'block':
            await self['xep_0191'].block(JID(command['jid']))
        elif command['do'] == 'unblock':
            await self['xep_0191'].unblock(JID(command['jid']))
        elif command['do'] == 'blocklist':
            answer = await self['xep_0191'].get_blocked()
            return {'jids': texts(answer['blocklist']['items'])}
        elif command['do'] == 'push':
            iq = self.make_iq_set()
            iq.append(ET.Element('{urn:xmpp:push:0}enable', jid=command['jid'], node=command['node']))
            await iq.send()
        elif command['do'] == 'services':
            iq = self.make_iq_get(ito=command['to'])
            iq.append(ET.Element('{urn:xmpp:extdisco:2}services'))
            return {'services': [each.attrib for each in (await iq.send()).xml[0]]}
        elif command['do'] == 'carbons':
            await self['xep_0280'].enable()
        elif command['do'] == 'history':
            return await self.history(command['with'])
        elif command['do'] == 'state':
            state = self['xep_0352']
            state.send_active() if command['active'] else state.send_inactive()
        elif command['do'] == 'cut':
            # As if the network broke: not a word of goodbye.
            self.transport.abort()
        elif command['do'] == 'quit':
            self.del_event_handler('disconnected', self.come_back)
            self.disconnect()
        return {}

    def contact(self, jid):
        item = self.client_roster[jid]
        return {'jid': jid, 'name': item['name'], 'subscription': item['subscription'],
                'ask': 'subscribe' if item['pending_out'] else '', 'groups': item['groups']}

    async def history(self, peer):
        # One message a page, so that it has to turn pages.
        pages = self['xep_0313'].iterate(with_jid=JID(peer), rsm={'max': 1})
        archived = [each['mam_result'] async for each in pages]
        return {'ids': [each['id'] for each in archived],
                'bodies': [each['forwarded']['stanza']['body'] for each in archived]}

    async def upload(self, file, content_type):
        """The library looks for the service itself, but its version in Debian gives Python 3.11
        coroutines to wait for, which that refuses."""
        disco = self['xep_0030']
        items = (await disco.get_items(self.boundjid.domain))['disco_items']['items']
        for jid in [item[0] for item in items]:
            try:
                info = (await disco.get_info(jid))['disco_info']
            except IqError:
                continue
            if 'urn:xmpp:http:upload:0' in info['features']:
                self['xep_0363'].upload_service = JID(jid)
        return await self['xep_0363'].upload_file(file, content_type=content_type)

    async def set_vcard(self, name, photo):
        vcard = self['xep_0054'].make_vcard()
        vcard['FN'] = name
        await self['xep_0054'].publish_vcard(vcard, jid=self.boundjid.bare)
        await self['xep_0153'].set_avatar(avatar=photo, mtype='image/png')

    async def query(self, kind, to):
        if kind == 'disco':
            info = (await self['xep_0030'].get_info(jid=to))['disco_info']
            return {'features': sorted(info['features'])}
        if kind == 'ping':
            return {'seconds': await self['xep_0199'].ping(jid=to)}
        if kind == 'version':
            version = (await self['xep_0092'].get_version(to))['software_version']
            return {'name': version['name'], 'version': version['version']}
        time = (await self['xep_0202'].get_entity_time(to))['entity_time']
        # 1.8.3 cannot parse the usual "...Z" itself.
        return {'utc': time.xml.findtext('{urn:xmpp:time}utc')}


def roster_items(iq):
    namespace = '{jabber:iq:roster}'
    return [{
        'jid': item.get('jid'),
        'name': item.get('name', ''),
        'subscription': item.get('subscription', 'none'),
        'ask': item.get('ask', ''),
        'groups': [group.text for group in item.findall(f'{namespace}group')],
    } for item in iq.xml.iter(f'{namespace}item')]


def vcard_fields(vcard):
    photo = vcard['PHOTO']['BINVAL']
    return {
        'name': vcard['FN'],
        'photo': base64.b64encode(photo).decode() if photo else None,
    }


def texts(jids):
    return sorted(str(each) for each in jids)


def condition(error):
    return error.condition if isinstance(error, (IqError, IqTimeout)) else None


async def main(session):
    client = Client(session)
    address = (session['host'], session['port'])
    client.place = address
    client.connect(address, use_ssl=session['directTls'], force_starttls=True)
    await obey_lines(client.obey, condition)


asyncio.get_event_loop().run_until_complete(main(json.loads(sys.argv[1])))
