"""Starts Gajim on the session bus and drives it by JSON lines; see gajim.ts.

Gajim's remote control interface sends messages and tells what arrives. What it lacks
(contact requests) is done through the actions behind Gajim's own buttons.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys

from gi.repository import Gio, GLib
from lines import tell

NAME = 'org.gajim.Gajim'
REMOTE = ('/org/gajim/dbus/RemoteObject', 'org.gajim.dbus.RemoteInterface')
APPLICATION = '/org/gajim/Gajim'
ACCOUNT = 'interop'


def furnish(session):
    """Writes Gajim's settings: one account, and the server's certificate as trusted."""
    from gajim.common.settings import CREATE_SQL

    os.makedirs(f'{session["folder"]}/cert_store')
    if 'certificate' in session:
        with open(session['certificate']) as source:
            with open(f'{session["folder"]}/cert_store/server', 'w') as copy:
                copy.write(source.read())
    application = {
        'remote_control': True, 'use_keyring': False, 'sounds_on': False,
        'show_notifications': False, 'check_for_update': False, 'autoaway': False,
        'autoxa': False, 'mainwin_width': 1000, 'mainwin_height': 600,
    }
    user, domain = session['address'].split('@')
    account = {
        'name': user, 'hostname': domain, 'password': session['password'],
        'account_label': session['address'], 'active': True, 'autoconnect': False,
        'use_custom_host': True, 'custom_host': session['host'],
        'custom_port': session['port'],
        'custom_type': 'DIRECT TLS' if session['directTls'] else 'START TLS',
    }
    database = sqlite3.connect(f'{session["folder"]}/settings.sqlite')
    database.executescript(CREATE_SQL)
    database.execute('UPDATE settings SET settings = ? WHERE name = ?',
                     (json.dumps(application), 'app'))
    database.execute('INSERT INTO account_settings VALUES (?, ?)',
                     (ACCOUNT, json.dumps({'account': account, 'contact': {},
                                           'group_chat': {}})))
    database.commit()
    database.close()


# As Gajim numbers what it keeps: of a chat, received and sent.
RECEIVED, SENT = 4, 6


class Bridge:
    def __init__(self, bus, history):
        self.bus = bus
        self.history = history
        bus.signal_subscribe(None, REMOTE[1], None, REMOTE[0], None,
                             Gio.DBusSignalFlags.NONE, self.on_signal)

    def on_signal(self, _bus, _sender, _path, _interface, name, parameters):
        (values,) = parameters.unpack()
        if name == 'NewMessage':
            sender, body = values[1][:2]
            tell('message', sender=sender.split('/')[0], body=body)
        elif name == 'ContactPresence':
            tell('presence', sender=values[1][0], show=values[1][2])
        elif name == 'AccountPresence':
            tell('account', show=values[0])

    def call(self, path, interface, method, parameters):
        return self.bus.call_sync(NAME, path, interface, method, parameters, None,
                                  Gio.DBusCallFlags.NONE, 5000, None).unpack()

    def remote(self, method, *arguments):
        signature = GLib.Variant('(' + 's' * len(arguments) + ')', arguments)
        return self.call(*REMOTE, method, signature)[0]

    def activate(self, path, action, parameter):
        self.call(path, 'org.gtk.Actions', 'Activate',
                  GLib.Variant('(sava{sv})', (action, [parameter], {})))

    def bodies(self, contact, kind):
        database = sqlite3.connect(f'file:{self.history}?mode=ro', uri=True)
        try:
            rows = database.execute(
                'SELECT message FROM logs NATURAL JOIN jids WHERE jid = ? AND kind = ?'
                ' ORDER BY time', (contact, kind))
            return [body for (body,) in rows]
        finally:
            database.close()

    def obey(self, command):
        do = command['do']
        if do == 'status':
            self.remote('change_status', command['show'], command['status'], ACCOUNT)
        elif do == 'own-status':
            return {'show': self.remote('get_status', ACCOUNT)}
        elif do == 'message':
            sent = self.remote('send_chat_message', command['to'], command['body'], ACCOUNT)
            return {} if sent else {'error': 'not sent'}
        elif do == 'messages':
            return {'received': self.bodies(command['jid'], RECEIVED),
                    'sent': self.bodies(command['jid'], SENT)}
        elif do == 'contacts':
            return {'contacts': self.remote('list_contacts', ACCOUNT)}
        elif do == 'accept':
            self.activate(f'{APPLICATION}/window/1', f'subscription-accept-{ACCOUNT}',
                          GLib.Variant('as', [command['jid'], '']))
        elif do == 'add':
            self.activate(APPLICATION, f'{ACCOUNT}-add-contact',
                          GLib.Variant('as', [ACCOUNT, command['jid']]))
        elif do in ('block-contact', 'remove-contact'):
            # Blocking somebody blocked unblocks; both others ask first, in a dialogue.
            self.activate(APPLICATION, f'{ACCOUNT}-{do}', GLib.Variant('s', command['jid']))
        elif do == 'send-file':
            self.activate(f'{APPLICATION}/window/1', 'send-file-httpupload',
                          GLib.Variant('as', [command['uri']]))
        elif do == 'open':
            chat = {'account': ACCOUNT, 'jid': command['jid'], 'type': 'contact', 'select': True}
            variants = {key: GLib.Variant('b' if key == 'select' else 's', value)
                        for key, value in chat.items()}
            self.activate(f'{APPLICATION}/window/1', 'add-chat', GLib.Variant('a{sv}', variants))
        return {}

    def answer(self, command):
        try:
            result = self.obey(command)
        except GLib.Error as error:
            result = {'error': error.message}
        tell('answer', id=command['id'], **result)


def on_input(channel, _condition, bridge):
    line = channel.readline()
    if line:
        bridge.answer(json.loads(line))
    return bool(line)


def is_ready(bridge):
    """Gajim publishes its remote control some seconds after its start."""
    try:
        bridge.remote('get_status', ACCOUNT)
    except GLib.Error:
        return GLib.SOURCE_CONTINUE
    tell('ready')
    return GLib.SOURCE_REMOVE


def main(session):
    furnish(session)
    gajim = subprocess.Popen(['gajim', '--config-path', session['folder'], '--verbose'],
                             stdin=subprocess.DEVNULL, stdout=sys.stderr)
    bridge = Bridge(Gio.bus_get_sync(Gio.BusType.SESSION), f'{session["folder"]}/logs.db')
    loop = GLib.MainLoop()
    GLib.timeout_add(200, is_ready, bridge)
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, on_input, bridge)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    loop.run()
    gajim.terminate()
    gajim.wait(5)


main(json.loads(sys.argv[1]))
