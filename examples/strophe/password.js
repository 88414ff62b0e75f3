import { signIn } from './chat.js';

document.getElementById('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const { address, password } = event.target.elements;
  signIn(address.value, password.value);
});
