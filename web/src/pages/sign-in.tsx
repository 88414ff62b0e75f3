import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Refusal, SignIn } from '../chat/connection.ts';
import { askServer, ownDomain } from '../chat/server.ts';
import { Icon, Wordmark } from '../parts/icons.tsx';
import { text } from '../text.ts';

interface Props {
  readonly refusal: Refusal | null;
  /** Resolves to why it did not come to pass; null where it has. */
  onSignIn(wish: SignIn): Promise<Refusal | null>;
}

/** Signing in and, where the server lets people do so, signing up. */
export function SignInPage({ refusal, onSignIn }: Props) {
  const domain = useSignal(window.location.hostname);
  const maySignUp = useSignal(false);
  const isNew = useSignal(false);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(refusal && text.refusal[refusal]);
  const address = useSignal('');
  const password = useSignal('');
  const isKept = useSignal(true);
  const first = useRef<HTMLInputElement>(null);

  useEffect(() => {
    first.current?.focus();
    void (async () => {
      domain.value = await ownDomain();
      maySignUp.value = (await askServer(domain.value))?.signUp ?? false;
    })();
  }, []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = null;
    const refused = await onSignIn({
      jid: completed(address.value, domain.value),
      password: password.value,
      isKept: isKept.value,
      isNew: isNew.value,
    });
    isBusy.value = false;
    if (refused) problem.value = text.refusal[refused];
  };

  const action = isNew.value ? text.signUp : text.signIn;
  return (
    <main class="sign-in">
      <form aria-label={action} onSubmit={(event) => void submit(event)}>
        <Wordmark />
        <p class="tagline">{text.tagline}</p>
        <AddressField input={first} value={address} domain={domain.value} />
        <PasswordField value={password} isNew={isNew.value} />
        <label class="check">
          <input
            type="checkbox"
            checked={isKept.value}
            onChange={({ currentTarget }) => {
              isKept.value = currentTarget.checked;
            }}
          />
          {text.stay}
        </label>
        {problem.value !== null && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <button type="submit" class="primary" aria-disabled={isBusy.value}>
          {isBusy.value ? (isNew.value ? text.signingUp : text.signingIn) : action}
        </button>
        {maySignUp.value && (
          <p class="other-way">
            {isNew.value ? text.haveAccount : text.noAccount}{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                isNew.value = !isNew.value;
                problem.value = null;
                first.current?.focus();
              }}
            >
              {isNew.value ? text.signIn : text.signUp}
            </button>
          </p>
        )}
      </form>
    </main>
  );
}

/** A name without domain is one of this server's. */
function completed(address: string, domain: string): string {
  const written = address.trim().toLowerCase();
  return written.includes('@') ? written : `${written}@${domain}`;
}

interface AddressProps {
  readonly input: { current: HTMLInputElement | null };
  readonly value: { value: string };
  readonly domain: string;
}

function AddressField({ input, value, domain }: AddressProps) {
  const id = useId();
  const isWhole = value.value.includes('@');
  return (
    <div class="field">
      <label for={id}>{text.address}</label>
      <span class="with-suffix">
        <input
          ref={input}
          id={id}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={value.value}
          onInput={({ currentTarget }) => {
            value.value = currentTarget.value;
          }}
        />
        {!isWhole && <span class="suffix">@{domain}</span>}
      </span>
    </div>
  );
}

function PasswordField({
  value,
  isNew,
}: {
  readonly value: { value: string };
  readonly isNew: boolean;
}) {
  const id = useId();
  const isShown = useSignal(false);
  return (
    <div class="field">
      <label for={id}>{text.password}</label>
      <span class="with-suffix">
        <input
          id={id}
          name="password"
          type={(isShown.value ? 'text' : 'password') as 'password'}
          autocomplete={isNew ? 'new-password' : 'current-password'}
          required
          value={value.value}
          onInput={({ currentTarget }) => {
            value.value = currentTarget.value;
          }}
        />
        <button
          type="button"
          class="round"
          aria-label={isShown.value ? text.hidePassword : text.showPassword}
          aria-pressed={isShown.value}
          onClick={() => {
            isShown.value = !isShown.value;
          }}
        >
          <Icon name="eye" />
        </button>
      </span>
    </div>
  );
}
