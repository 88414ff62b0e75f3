"""A slixmpp component that sends every message back; its argument is a JSON object."""

import asyncio
import json
import sys

from lines import tell
from slixmpp import ComponentXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath


class Echo(ComponentXMPP):
    def __init__(self, session):
        super().__init__(session['domain'], session['secret'], session['host'], session['port'])
        for plugin in ('xep_0030', 'xep_0092', 'xep_0199'):
            self.register_plugin(plugin)
        self['xep_0030'].add_identity(category='client', itype='bot', name='Echo')
        self.add_event_handler('session_start', lambda _: tell('online'))
        self.add_event_handler('disconnected', lambda _: tell('offline'))
        self.add_event_handler('message', self.on_message)
        publish = MatchXPath('{%s}iq/{http://jabber.org/protocol/pubsub}pubsub' % self.default_ns)
        self.register_handler(Callback('Push', publish, self.on_publish))

    def on_message(self, message):
        tell('message', sender=message['from'].bare, to=message['to'].full, body=message['body'])
        if message['type'] in ('chat', 'normal'):
            message.reply(f"echo: {message['body']}").send()

    def on_publish(self, iq):
        """As an app server that wakes the phone behind a node."""
        publish = iq.xml.find('.//{http://jabber.org/protocol/pubsub}publish')
        values = iq.xml.findall('.//{jabber:x:data}value')
        tell('published', sender=iq['from'].full, node=publish.get('node'),
             values=[value.text for value in values])
        iq.reply(clear=True).send()


async def main(session):
    component = Echo(session)
    component.connect()
    await asyncio.Event().wait()


asyncio.get_event_loop().run_until_complete(main(json.loads(sys.argv[1])))
