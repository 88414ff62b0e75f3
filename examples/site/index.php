<?php

// A site with people of its own, who sign in with a form and have a session. What it shows
// them is the chat, which needs no other password.

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax']);
header("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';"
    . " connect-src 'self' ws://localhost:5280; base-uri 'none'; form-action 'self'");

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $name = (string) ($_POST['name'] ?? '');
    $hash = users()[$name] ?? password_hash('nobody', PASSWORD_BCRYPT);
    if (password_verify((string) ($_POST['password'] ?? ''), $hash) && isset(users()[$name])) {
        session_regenerate_id(true);
        $_SESSION['user'] = $name;
        header('Location: ./', true, 303);
        exit;
    }
    http_response_code(403);
}

/** Hashes by name: what a real site has in its database. */
function users(): array
{
    $rows = array_map('str_getcsv', array_slice(file(__DIR__ . '/users.csv', FILE_IGNORE_NEW_LINES), 1));
    return array_column($rows, 1, 0);
}
?>
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>A site with a chat</title>
    <link rel="stylesheet" href="../strophe/chat.css">
<?php if (isset($_SESSION['user'])): ?>
    <script type="module" src="token.js"></script>
<?php endif ?>
  </head>
  <body data-service="ws://localhost:5280/xmpp-websocket">
    <h1>A site with a chat</h1>
<?php if (isset($_SESSION['user'])): ?>
    <p id="status" role="status">Not connected</p>
    <main id="chat" hidden>
      <h2>Contacts</h2>
      <ul id="contacts"></ul>
      <h2>Messages</h2>
      <ol id="messages" aria-live="polite"></ol>
      <form id="write">
        <label>To <input name="to" autocomplete="off" required></label>
        <label>Message <input name="text" autocomplete="off" required></label>
        <button type="submit">Send</button>
      </form>
      <button id="sign-out" type="button">Sign out</button>
    </main>
<?php else: ?>
    <form method="post">
      <label>Name <input name="name" autocomplete="username" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <button type="submit">Sign in</button>
    </form>
<?php endif ?>
  </body>
</html>
