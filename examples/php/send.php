<?php

// Sends one message: XMPP_PASSWORD=… php send.php juliet@localhost 'Your order is on its way.'
// XMPP_ACCOUNT says as whom, XMPP_BOSH where the server is.

require __DIR__ . '/BoshClient.php';

if ($argc !== 3) {
    fwrite(STDERR, "usage: php send.php <address> <text>\n");
    exit(2);
}
[, $to, $text] = $argv;
[$user, $domain] = explode('@', getenv('XMPP_ACCOUNT') ?: 'site@localhost');

try {
    $client = new BoshClient(getenv('XMPP_BOSH') ?: 'http://localhost:5280/http-bind');
    $client->signIn($user, $domain, getenv('XMPP_PASSWORD') ?: '');
    $client->send($to, $text);
    $client->leave();
} catch (RuntimeException $error) {
    fwrite(STDERR, "not sent: {$error->getMessage()}\n");
    exit(1);
}
