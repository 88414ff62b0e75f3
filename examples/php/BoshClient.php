<?php

/**
 * Signs in to an XMPP server over HTTP and sends messages: BOSH (XEP-0124, XEP-0206) with
 * SASL PLAIN. Needs PHP 8.1 with its DOM extension (Debian's php-xml), nothing else.
 *
 *     $client = new BoshClient('https://chat.example.org/http-bind');
 *     $client->signIn('site', 'example.org', $password);
 *     $client->send('juliet@example.org', 'Your order is on its way.');
 *     $client->leave();
 *
 * Whatever goes wrong is thrown as a RuntimeException.
 */
final class BoshClient
{
    private const BOSH = 'http://jabber.org/protocol/httpbind';
    private const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
    /** How long the server may hold a request, and how long we wait for its answer, in seconds. */
    private const WAIT = 10;
    private const TIMEOUT = 20;
    /** So many requests may bring nothing of what is waited for. */
    private const PATIENCE = 5;

    private int $rid;
    private int $ids = 0;
    private string $sid = '';
    private string $domain = '';
    /** @var list<DOMElement> what the server has sent and nobody has read */
    private array $inbox = [];

    /** @param string $url where BOSH is: over https, or over http on this machine */
    public function __construct(private readonly string $url)
    {
        $isHere = preg_match('~^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/~', $url);
        if (!$isHere && !str_starts_with($url, 'https://')) {
            throw new RuntimeException("a password must not go to $url: use https");
        }
        $this->rid = random_int(1, 2 ** 40);
    }

    public function signIn(string $user, string $domain, string $password): void
    {
        $this->domain = $domain;
        $to = self::escape($domain);
        $this->request('', "to='$to' ver='1.11' hold='1' wait='" . self::WAIT . "'"
            . " content='text/xml; charset=utf-8' xml:lang='en' xmpp:version='1.0'");
        $this->next('features');
        $credentials = base64_encode("\0$user\0$password");
        $this->request("<auth xmlns='" . self::SASL . "' mechanism='PLAIN'>$credentials</auth>");
        $outcome = $this->next('success', 'failure');
        if ($outcome->localName === 'failure') {
            $reason = $outcome->firstElementChild?->localName;
            throw new RuntimeException("$user@$domain may not sign in: $reason");
        }
        $this->request('', "to='$to' xml:lang='en' xmpp:restart='true'");
        $this->next('features');
        $id = $this->newId();
        $this->request("<iq xmlns='jabber:client' type='set' id='$id'>"
            . "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        $this->answerTo($id);
    }

    /**
     * Sends a message. Returns once the server has it, for somebody who is there or for later,
     * and throws where it takes no such message.
     */
    public function send(string $to, string $text): void
    {
        [$id, $ping] = [$this->newId(), $this->newId()];
        [$to, $text, $server] = array_map(self::escape(...), [$to, $text, $this->domain]);
        // A server does one thing after the other: when it answers the ping it has had the message.
        $this->request("<message xmlns='jabber:client' type='chat' id='$id' to='$to'>"
            . "<body>$text</body></message>"
            . "<iq xmlns='jabber:client' type='get' id='$ping' to='$server'>"
            . "<ping xmlns='urn:xmpp:ping'/></iq>");
        $this->answerTo($ping, $id);
    }

    /** Signs out. */
    public function leave(): void
    {
        $this->request('', "type='terminate'");
    }

    /** Waits for the answer to `$id`; throws when that, or a message sent before it, is refused. */
    private function answerTo(string $id, string $before = ''): void
    {
        do {
            $stanza = $this->next('iq', 'message');
            $about = $stanza->getAttribute('id');
            if ($stanza->getAttribute('type') === 'error' && in_array($about, [$id, $before], true)) {
                $error = $stanza->getElementsByTagName('error')->item(0);
                throw new RuntimeException("refused: {$error?->firstElementChild?->localName}");
            }
        } while ($about !== $id);
    }

    /** The next element with one of these names. Others are passed over. */
    private function next(string ...$names): DOMElement
    {
        for ($requests = 0; $requests <= self::PATIENCE; $requests++) {
            while ($element = array_shift($this->inbox)) {
                if (in_array($element->localName, $names, true)) {
                    return $element;
                }
            }
            // The server holds it until there is something to say.
            $this->request();
        }
        throw new RuntimeException('the server does not answer');
    }

    /** Sends one request and keeps what comes back (XEP-0124 §5). */
    private function request(string $payload = '', string $attributes = ''): void
    {
        $sid = $this->sid === '' ? '' : "sid='" . self::escape($this->sid) . "'";
        $answer = self::parse($this->post("<body xmlns='" . self::BOSH . "' rid='{$this->rid}' $sid"
            . " xmlns:xmpp='urn:xmpp:xbosh' $attributes>$payload</body>"));
        $this->rid++;
        $this->sid = $this->sid ?: $answer->getAttribute('sid');
        $hasEnded = $answer->getAttribute('type') === 'terminate';
        if ($hasEnded && !str_contains($attributes, 'terminate')) {
            $reason = $answer->getAttribute('condition') ?: 'no reason given';
            throw new RuntimeException("the server has ended the session: $reason");
        }
        foreach ($answer->childNodes as $child) {
            if ($child instanceof DOMElement) {
                $this->inbox[] = $child;
            }
        }
    }

    private function post(string $body): string
    {
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'header' => 'Content-Type: text/xml; charset=utf-8',
            'content' => $body,
            'timeout' => self::TIMEOUT,
            'follow_location' => 0,
        ]]);
        // PHP says piece by piece what is wrong with a connection, as warnings.
        $warnings = [];
        set_error_handler(function (int $level, string $text) use (&$warnings): bool {
            $warnings[] = trim($text);
            return true;
        });
        $answer = file_get_contents($this->url, false, $context);
        restore_error_handler();
        if ($answer === false) {
            throw new RuntimeException("no answer from {$this->url}: " . implode('; ', $warnings));
        }
        return $answer;
    }

    private static function parse(string $xml): DOMElement
    {
        $document = new DOMDocument();
        if ($xml === '' || !@$document->loadXML($xml, LIBXML_NONET)) {
            throw new RuntimeException('the answer is no XML: is this the address of BOSH?');
        }
        return $document->documentElement;
    }

    private function newId(): string
    {
        return 'php' . ++$this->ids;
    }

    /** Text as XML has it; what XML cannot have becomes U+FFFD. */
    private static function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_XML1 | ENT_QUOTES | ENT_DISALLOWED | ENT_SUBSTITUTE, 'UTF-8');
    }
}
