"""An aioxmpp client driven by JSON lines on standard input; see protocol.ts."""

import asyncio
import base64
import json
import logging
import sys

import aioxmpp
import aioxmpp.connector
import aioxmpp.node
import aioxmpp.ping
import aioxmpp.security_layer
import aioxmpp.vcard
import aioxmpp.version
import aioxmpp.xso
from lines import obey_lines, tell
from lxml import etree

VCARD = 'vcard-temp'


@aioxmpp.IQ.as_payload_class
class Time(aioxmpp.xso.XSO):
    """XEP-0202, which the library does not have."""

    TAG = ('urn:xmpp:time', 'time')
    utc = aioxmpp.xso.ChildText(('urn:xmpp:time', 'utc'), default=None)
    zone = aioxmpp.xso.ChildText(('urn:xmpp:time', 'tzo'), default=None)


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage())


warnings = Warnings()


class Client:
    def __init__(self, session):
        connector = (aioxmpp.connector.XMPPOverTLSConnector() if session['directTls']
                     else aioxmpp.connector.STARTTLSConnector())
        # Instead of a search in DNS when the server that we name fails.
        aioxmpp.node.discover_connectors = no_other_servers
        self.client = aioxmpp.Client(
            aioxmpp.JID.fromstr(session['address']), security(session),
            override_peer=[(session['host'], session['port'], connector)],
            max_initial_attempts=1)
        self.roster = self.client.summon(aioxmpp.RosterClient)
        self.presence = self.client.summon(aioxmpp.PresenceServer)
        self.vcards = self.client.summon(aioxmpp.vcard.VCardService)
        self.avatars = self.client.summon(aioxmpp.AvatarService)
        self.blocking = self.client.summon(aioxmpp.BlockingClient)
        self.disco = self.client.summon(aioxmpp.DiscoClient)
        self.listen()
        self.client.start()

    def listen(self):
        client, roster = self.client, self.roster
        client.on_stream_established.connect(
            lambda: tell('online', jid=str(client.local_jid)))
        client.on_stopped.connect(lambda: tell('offline'))
        client.on_failure.connect(self.give_up)
        for signal in (roster.on_entry_added, roster.on_entry_name_changed,
                       roster.on_entry_subscription_state_changed):
            signal.connect(lambda item: tell('roster-push', **contact(item)))
        roster.on_entry_removed.connect(
            lambda item: tell('roster-push', **{**contact(item), 'subscription': 'remove'}))
        self.blocking.on_jids_blocked.connect(lambda jids: tell('blocked', jids=texts(jids)))
        self.blocking.on_jids_unblocked.connect(lambda jids: tell('unblocked', jids=texts(jids)))
        client.stream.app_inbound_presence_filter.register(on_presence, 0)
        client.stream.app_inbound_message_filter.register(on_message, 0)

    def give_up(self, error):
        # Over direct TLS only the log tells what was wrong with a certificate.
        tell('failed', reason=f'{type(error).__name__}: {error} {warnings.seen}')

    async def obey(self, command):
        """Carries out one command; its result answers the command's id."""
        do = command['do']
        if do == 'presence':
            self.send_presence(**command)
        elif do == 'message':
            message = aioxmpp.Message(type_=aioxmpp.MessageType.CHAT, to=jid(command['to']))
            message.body[None] = command['body']
            self.client.enqueue(message)
        elif do == 'roster':
            return {'items': [contact(item) for item in self.roster.items.values()]}
        elif do == 'roster-set':
            await self.roster.set_entry(jid(command['jid']), name=command['name'],
                                        add_to_groups=frozenset(command['groups']))
        elif do == 'roster-remove':
            await self.roster.remove_entry(jid(command['jid']))
        elif do == 'query':
            return await self.query(command['kind'], jid(command['to']))
        elif do == 'vcard-set':
            await self.set_vcard(command['name'], base64.b64decode(command['photo']))
        elif do == 'vcard':
            return await self.read_vcard(command['of'])
        elif do == 'block':
            await self.blocking.block_jids([jid(command['jid'])])
        elif do == 'unblock':
            await self.blocking.unblock_jids([jid(command['jid'])])
        elif do == 'blocklist':
            return {'jids': texts(self.blocking.blocklist)}
        elif do == 'quit':
            self.client.stop()
        return {}

    def send_presence(self, to=None, type=None, show=None, status=None, **_):
        if type is None:
            state = aioxmpp.PresenceState(True, aioxmpp.PresenceShow(show))
            self.presence.set_presence(state, status=status or {})
        else:
            self.client.enqueue(
                aioxmpp.Presence(type_=aioxmpp.PresenceType(type), to=jid(to)))

    async def query(self, kind, to):
        if kind == 'disco':
            info = await self.disco.query_info(to, require_fresh=True)
            return {'features': sorted(info.features)}
        if kind == 'ping':
            await aioxmpp.ping.ping(self.client, to)
            return {}
        if kind == 'version':
            answer = await aioxmpp.version.query_version(self.client.stream, to)
            return {'name': answer.name, 'version': answer.version}
        request = aioxmpp.IQ(to=to, type_=aioxmpp.IQType.GET, payload=Time())
        return {'utc': (await self.client.send(request)).utc}

    async def set_vcard(self, name, photo):
        vcard = await self.vcards.get_vcard()
        etree.SubElement(vcard.elements, f'{{{VCARD}}}FN').text = name
        vcard.set_photo_data('image/png', photo)
        await self.vcards.set_vcard(vcard)
        # Makes the library read the photo's hash; it does not announce it by itself.
        self.avatars.advertise_vcard = True
        await self.avatars._vcard_rehash_task
        self.presence.resend_presence()

    async def read_vcard(self, of):
        # The library asks without an address for what is its own.
        own = of == str(self.client.local_jid.bare())
        vcard = await self.vcards.get_vcard(None if own else jid(of))
        photo = vcard.get_photo_data()
        return {
            'name': vcard.elements.findtext(f'{{{VCARD}}}FN'),
            'photo': base64.b64encode(photo).decode() if photo else None,
        }


def security(session):
    async def provide_password(_jid, attempt):
        return session['password'] if attempt == 0 else None

    def make_context():
        context = aioxmpp.security_layer.default_ssl_context()
        if 'authority' in session:
            context.load_verify_locations(session['authority'])
        return context

    return aioxmpp.security_layer.make(provide_password, ssl_context_factory=make_context)


async def no_other_servers(*_, **__):
    return []


def on_presence(presence):
    announced = presence.xep0153_x
    tell('presence', **who(presence), type=presence.type_.value or 'available',
         show=presence.show.value or '', status=presence.status.any() if presence.status else '',
         photo=announced.photo if announced else None)
    return presence


def on_message(message):
    delays = message.xep0203_delay
    tell('message', **who(message), type=message.type_.value,
         body=message.body.any() if message.body else None,
         delay=delays[0].stamp.isoformat() if delays else None)
    return message


def who(stanza):
    return {'sender': str(stanza.from_.bare()), 'resource': stanza.from_.resource or ''}


def contact(item):
    return {
        'jid': str(item.jid), 'name': item.name or '', 'subscription': item.subscription,
        'ask': item.ask or '', 'groups': sorted(item.groups),
    }


def jid(text):
    return aioxmpp.JID.fromstr(text)


def texts(jids):
    return sorted(str(each) for each in jids)


def condition(error):
    return str(error) if isinstance(error, aioxmpp.XMPPError) else None


async def main(session):
    logging.getLogger('aioxmpp').addHandler(warnings)
    await obey_lines(Client(session).obey, condition)


asyncio.get_event_loop().run_until_complete(main(json.loads(sys.argv[1])))
