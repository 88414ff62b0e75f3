<?php

// Tells the page, for whoever is signed in at the site, where and as whom to chat: with a JSON
// Web Token (RFC 7519) that the XMPP server takes for the next minute.

const DOMAIN = 'localhost';
const ISSUER = 'https://www.example.org';

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax']);
header('Content-Type: application/json');
header('Cache-Control: no-store');
$user = $_SESSION['user'] ?? null;
if ($user === null) {
    http_response_code(403);
    exit('{}');
}
$claims = ['iss' => ISSUER, 'aud' => 'xmpp', 'sub' => $user, 'exp' => time() + 60];
echo json_encode(['address' => "$user@" . DOMAIN, 'token' => token($claims)]);

function token(array $claims): string
{
    $signed = part(json_encode(['alg' => 'RS256', 'typ' => 'JWT'])) . '.' . part(json_encode($claims));
    // Outside of what the web server shows.
    $key = file_get_contents(getenv('XMPP_KEY') ?: '/etc/site/xmpp-key.pem');
    if ($key === false || !openssl_sign($signed, $signature, $key, OPENSSL_ALGO_SHA256)) {
        throw new RuntimeException('there is no key to sign tokens with');
    }
    return "$signed." . part($signature);
}

/** Base64 as URLs have it (RFC 4648 §5). */
function part(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}
