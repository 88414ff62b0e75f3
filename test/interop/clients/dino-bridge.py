"""Starts Dino on the session bus and drives it by JSON lines; see dino.ts.

Dino can be told to open chats and to accept requests on the bus. What it has stored can be
read from its database, and what comes in from its log. The rest is left to mouse and keyboard.
"""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from threading import Thread

from gi.repository import Gio, GLib
from lines import tell

NAME = 'im.dino.Dino'
APPLICATION = '/im/dino/Dino'
# A file's state.
COMPLETE = 0
ACCOUNT_TABLE = """
    CREATE TABLE account (
        id INTEGER PRIMARY KEY AUTOINCREMENT, bare_jid TEXT NOT NULL UNIQUE, resourcepart TEXT,
        password TEXT, alias TEXT, enabled INTEGER, roster_version TEXT,
        mam_earliest_synced INTEGER)"""
INCOMING = re.compile(r'XMPP IN \[')
PRESENCE = re.compile(r"<\{jabber:client\}:presence [^>]*\bfrom='(?P<sender>[^/']+)")
BLOCKING = re.compile(r":type='set'.*\n *<\{urn:xmpp:blocking\}:(?P<word>\w+).*\n"
                      r".*:jid='(?P<jid>[^']+)'")
TYPE = re.compile(r":type='(\w+)'")
SHOW = re.compile(r':show[^>]*>\s*(\w+)')


def furnish(session):
    """Dino completes a database in which it finds an account and nothing else."""
    os.makedirs(os.path.dirname(session['database']), exist_ok=True)
    if os.path.exists(session['database']):
        return
    database = sqlite3.connect(session['database'])
    database.execute(ACCOUNT_TABLE)
    # Without a resource of its own it takes no answer to its calls for one to itself.
    database.execute('INSERT INTO account (bare_jid, resourcepart, password, enabled)'
                     ' VALUES (?, ?, ?, 1)',
                     (session['address'], f'dino.{os.urandom(4).hex()}', session['password']))
    database.commit()
    database.close()


def serve(session):
    """Dino knows no port but 5222; here it finds the server there."""
    listener = socket.create_server(('127.0.0.1', 5222))
    while True:
        client, _address = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(session['server'])
        Thread(target=forward, args=(client, server), daemon=True).start()
        Thread(target=forward, args=(server, client), daemon=True).start()


def forward(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()


def follow(output):
    """Hands the log on, and tells of each presence that comes in."""
    stanza = None
    for line in output:
        sys.stderr.write(line)
        if INCOMING.match(line):
            stanza = ''
        elif stanza is not None and line.strip():
            stanza += line
        elif stanza is not None:
            tell_presence(stanza)
            tell_blocking(stanza)
            stanza = None


def tell_presence(stanza):
    presence = PRESENCE.match(stanza)
    if presence is None:
        return
    kind, show = TYPE.search(stanza.split('\n', 1)[0]), SHOW.search(stanza)
    tell('presence', sender=presence['sender'], type=kind[1] if kind else 'available',
         show=show[1] if show else '')


def tell_blocking(stanza):
    push = BLOCKING.search(stanza)
    if push is not None:
        tell('blocking', word=push['word'], jid=push['jid'])


class Bridge:
    def __init__(self, bus, database):
        self.bus = bus
        self.database = database

    def call(self, interface, method, parameters):
        self.bus.call_sync(NAME, APPLICATION, interface, method, parameters, None,
                           Gio.DBusCallFlags.NONE, 10_000, None)

    def activate(self, action, *parameters):
        self.call('org.gtk.Actions', 'Activate',
                  GLib.Variant('(sava{sv})', (action, parameters, {})))

    def select(self, query, *parameters):
        database = sqlite3.connect(f'file:{self.database}?mode=ro', uri=True)
        try:
            return database.execute(query, parameters).fetchall()
        finally:
            database.close()

    def conversation(self, contact):
        ((number,),) = self.select(
            'SELECT c.id FROM conversation c JOIN jid j ON c.jid_id = j.id WHERE j.bare_jid = ?',
            contact)
        return number

    def newest_call(self, contact):
        ((number,),) = self.select(
            'SELECT max(c.id) FROM call c JOIN jid j ON c.counterpart_id = j.id'
            ' WHERE j.bare_jid = ?', contact)
        return number

    def answer_call(self, action, contact):
        call = (self.conversation(contact), self.newest_call(contact))
        self.activate(action, GLib.Variant('(ii)', call))

    def obey(self, command):
        do, contact = command['do'], command.get('jid')
        if do == 'open':
            self.call('org.freedesktop.Application', 'Open',
                      GLib.Variant('(asa{sv})', ([f'xmpp:{contact}?message'], {})))
        elif do == 'accept':
            self.activate('accept-subscription', GLib.Variant('i', self.conversation(contact)))
        elif do == 'add-chat':
            self.activate('add_chat')
        elif do == 'roster':
            rows = self.select('SELECT jid, subscription FROM roster')
            return {'items': [{'jid': jid, 'subscription': state} for jid, state in rows]}
        elif do == 'messages':
            rows = self.select(
                'SELECT m.direction, m.body FROM message m JOIN jid j ON m.counterpart_id = j.id'
                ' WHERE j.bare_jid = ? ORDER BY m.id', contact)
            return {'received': [body for direction, body in rows if direction == 0],
                    'sent': [body for direction, body in rows if direction == 1]}
        elif do == 'files':
            rows = self.select(
                'SELECT f.direction, f.file_name, f.path FROM file_transfer f'
                ' JOIN jid j ON f.counterpart_id = j.id WHERE j.bare_jid = ? AND f.state = ?',
                contact, COMPLETE)
            return {'files': [{'isSent': direction == 1, 'name': name, 'path': path}
                              for direction, name, path in rows]}
        elif do in ('accept-call', 'reject-call'):
            self.answer_call(do, contact)
        elif do == 'call':
            return {'number': self.newest_call(contact)}
        elif do == 'quit':
            self.activate('quit')
        return {}


def obey(bridge, command):
    try:
        result = bridge.obey(command)
    except (GLib.Error, sqlite3.Error, ValueError) as error:
        result = {'error': str(error)}
    tell('answer', id=command['id'], **result)
    return GLib.SOURCE_REMOVE


def read_commands(bridge):
    for line in sys.stdin:
        GLib.idle_add(obey, bridge, json.loads(line))


def start(target, *arguments):
    Thread(target=target, args=arguments, daemon=True).start()


def wait(dino, loop):
    dino.wait()
    tell('offline')
    GLib.idle_add(loop.quit)


def sound():
    """A loudspeaker that nobody hears, and a microphone that hears a tone: what is played into
    the air, since Dino hears no more than a fifth of a second of module-sine-source."""
    modules = ['module-native-protocol-unix', 'module-null-sink sink_name=loudspeaker',
               'module-null-sink sink_name=air', 'module-sine sink=air frequency=440',
               'module-remap-source source_name=microphone master=air.monitor']
    subprocess.Popen(
        ['pulseaudio', '-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no',
         *[word for module in modules for word in ('-L', module)]],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    # Dino looks for devices once, when it starts.
    end = time.monotonic() + 10
    while not os.path.exists(f'{os.environ["XDG_RUNTIME_DIR"]}/pulse/native'):
        if time.monotonic() > end:
            raise TimeoutError('pulseaudio does not start')
        time.sleep(0.05)


def main(session):
    furnish(session)
    if session['sound']:
        sound()
    start(serve, session)
    dino = subprocess.Popen(['dino-im', '--print-xmpp=all'], stdin=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    loop = GLib.MainLoop()
    start(follow, dino.stderr)
    start(wait, dino, loop)
    start(read_commands, Bridge(Gio.bus_get_sync(Gio.BusType.SESSION), session['database']))
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, dino.terminate)
    loop.run()


main(json.loads(sys.argv[1]))
