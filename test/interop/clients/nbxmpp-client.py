"""An nbxmpp client driven by JSON lines on standard input; see protocol.ts."""

import base64
import json
import logging
import signal
import sys
from datetime import datetime, timezone
from threading import Thread

import nbxmpp
from gi.repository import Gio, GLib
from lines import tell
from nbxmpp.client import Client as Stream
from nbxmpp.const import ConnectionProtocol, ConnectionType
from nbxmpp.modules.vcard_temp import VCard
from nbxmpp.namespaces import Namespace
from nbxmpp.protocol import JID, Message, NodeProcessed, Presence
from nbxmpp.structs import StanzaHandler

AFTER_THE_LIBRARY = 50


class Client:
    def __init__(self, session):
        user, domain = session['address'].split('@')
        self.photo = None
        self.stream = stream = Stream()
        stream.set_username(user)
        stream.set_domain(domain)
        stream.set_password(session['password'])
        kind = ConnectionType.DIRECT_TLS if session['directTls'] else ConnectionType.START_TLS
        stream.set_custom_host(f'{session["host"]}:{session["port"]}', ConnectionProtocol.TCP, kind)
        stream.subscribe('connected', self.on_connected)
        stream.subscribe('disconnected', self.on_disconnected)
        stream.subscribe('connection-failed', self.on_disconnected)
        for name, callback, extra in (
                ('presence', on_presence, {}), ('message', on_message, {}),
                ('iq', on_roster_push, {'typ': 'set', 'ns': Namespace.ROSTER}),
                ('iq', on_blocking_push, {'typ': 'set', 'ns': Namespace.BLOCKING})):
            stream.register_handler(StanzaHandler(name=name, callback=callback,
                                                  priority=AFTER_THE_LIBRARY, **extra))
        stream.connect()

    def on_connected(self, _stream, _signal):
        tell('online', jid=str(self.stream.get_bound_jid()))

    def on_disconnected(self, _stream, _signal):
        domain, error, text = self.stream.get_error()
        if self.stream.get_bound_jid() is None:
            tell('failed', reason=f'{domain} {error} {text or ""}')
        tell('offline')

    def obey(self, command, answer):
        """Carries out one command; what it hands to `answer` answers the command's id."""
        do, module = command['do'], self.stream.get_module
        if do == 'presence':
            self.send_presence(command)
        elif do == 'message':
            self.stream.send_stanza(Message(to=command['to'], body=command['body'], typ='chat'))
        elif do == 'roster':
            when_done(module('Roster').request_roster(), answer, lambda roster: {
                'items': [contact(item) for item in roster.items or []]})
        elif do == 'roster-set':
            when_done(module('Roster').set_item(
                JID.from_string(command['jid']), command['name'], command['groups']), answer)
        elif do == 'roster-remove':
            when_done(module('Roster').delete_item(JID.from_string(command['jid'])), answer)
        elif do == 'query':
            self.query(command['kind'], JID.from_string(command['to']), answer)
        elif do == 'vcard-set':
            self.set_vcard(command['name'], base64.b64decode(command['photo']), answer)
        elif do == 'vcard':
            own = command['of'] == self.stream.get_bound_jid().bare
            of = None if own else JID.from_string(command['of'])
            when_done(module('VCardTemp').request_vcard(of), answer, vcard_fields)
        elif do in ('block', 'unblock'):
            request = getattr(module('Blocking'), do)
            when_done(request([JID.from_string(command['jid'])]), answer)
        elif do == 'blocklist':
            when_done(module('Blocking').request_blocking_list(), answer,
                      lambda jids: {'jids': texts(jids)})
        elif do == 'quit':
            self.stream.disconnect()

    def send_presence(self, command):
        presence = Presence(to=command.get('to'), typ=command.get('type'),
                            show=command.get('show'), status=command.get('status'))
        if 'type' not in command and self.photo is not None:
            update = presence.setTag('x', namespace=Namespace.VCARD_UPDATE)
            update.setTagData('photo', self.photo)
        self.stream.send_stanza(presence)

    def query(self, kind, to, answer):
        module = self.stream.get_module
        if kind == 'disco':
            when_done(module('Discovery').disco_info(to), answer,
                      lambda info: {'features': sorted(info.features)})
        elif kind == 'ping':
            when_done(module('Ping').ping(to), answer)
        elif kind == 'version':
            when_done(module('SoftwareVersion').request_software_version(to), answer,
                      lambda about: {'name': about.name, 'version': about.version})
        else:
            # The library gives the time as the machine would write it.
            when_done(module('EntityTime').request_entity_time(to), answer,
                      lambda time: {'utc': time})

    def set_vcard(self, name, photo, answer):
        vcard = VCard({'FN': name})
        vcard.set_avatar(photo, 'image/png')

        def announce(_result):
            self.photo = vcard.get_avatar()[1]
            self.send_presence({})
            return {}

        when_done(self.stream.get_module('VCardTemp').set_vcard(vcard), answer, announce)


def when_done(task, answer, describe=lambda _result: {}):
    def finish(done):
        try:
            result = describe(done.finish())
        except nbxmpp.errors.StanzaError as error:
            result = {'error': error.condition}
        answer(result)

    task.add_done_callback(finish, weak=False)


def on_presence(_stream, stanza, properties):
    update = stanza.getTag('x', namespace=Namespace.VCARD_UPDATE)
    tell('presence', **who(properties), type=properties.type.value or 'available',
         show=stanza.getShow() or '', status=properties.status,
         photo=update.getTagData('photo') if update else None)


def on_message(_stream, _stanza, properties):
    delay = None
    if properties.has_server_delay:
        delay = datetime.fromtimestamp(properties.timestamp, timezone.utc).isoformat()
    tell('message', **who(properties), type=properties.type.value, body=properties.body,
         delay=delay)


def on_roster_push(_stream, _stanza, properties):
    tell('roster-push', **contact(properties.roster.item))
    # What no handler claims is answered with an error, a second answer.
    raise NodeProcessed


def on_blocking_push(_stream, _stanza, properties):
    push = properties.blocking
    if push.block:
        tell('blocked', jids=texts(push.block))
    else:
        tell('unblocked', jids=texts(push.unblock))
    raise NodeProcessed


def who(properties):
    return {'sender': properties.jid.bare, 'resource': properties.jid.resource or ''}


def contact(item):
    return {
        'jid': str(item.jid), 'name': item.name or '', 'subscription': item.subscription,
        'ask': item.ask or '', 'groups': sorted(item.groups),
    }


def vcard_fields(vcard):
    photo = vcard.get_avatar()[0]
    return {
        'name': vcard.data.get('FN'),
        'photo': base64.b64encode(photo).decode() if photo else None,
    }


def texts(jids):
    return sorted(str(each) for each in jids)


def trust(authority):
    """GLib lets a program choose the authorities that it trusts for everything it does."""
    database = Gio.TlsFileDatabase.new(authority)
    Gio.TlsBackend.get_default().set_default_database(database)


def read_commands(client):
    """In a thread: GLib's channels buffer lines that they do not announce."""
    for line in sys.stdin:
        GLib.idle_add(obey, client, json.loads(line))


def obey(client, command):
    client.obey(command, lambda result: tell('answer', id=command['id'], **result))
    return GLib.SOURCE_REMOVE


def main(session):
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    if 'authority' in session:
        trust(session['authority'])
    client = Client(session)
    loop = GLib.MainLoop()
    Thread(target=read_commands, args=(client,), daemon=True).start()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    loop.run()


main(json.loads(sys.argv[1]))
