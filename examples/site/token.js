import { signIn } from '../strophe/chat.js';

// The cookie of the site's own session goes along. A token is good for a minute: fetch one each time.
const response = await fetch('token.php');
if (response.ok) {
  const { address, token } = await response.json();
  signIn(address, token);
}
