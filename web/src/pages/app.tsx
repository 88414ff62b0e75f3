import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Connection, type Refusal, RefusalError, type SignIn } from '../chat/connection.ts';
import { readCredentials } from '../chat/credentials.ts';
import { Session } from '../chat/session.ts';
import { Wordmark } from '../parts/icons.tsx';
import { text } from '../text.ts';
import { Home } from './home.tsx';
import { SignInPage } from './sign-in.tsx';

type State =
  | { readonly kind: 'starting' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out'; readonly refusal: Refusal | null }
  | { readonly kind: 'signed-in'; readonly session: Session };

const state = signal<State>({ kind: 'starting' });

/** Comes back with what is remembered, or lets somebody sign in. */
export function App() {
  useEffect(() => {
    void comeBack();
  }, []);
  const current = state.value;
  if (current.kind === 'signed-in') return <Home session={current.session} />;
  if (current.kind === 'signed-out') {
    return <SignInPage refusal={current.refusal} onSignIn={signIn} />;
  }
  return (
    <main class="notice">
      <Wordmark />
      {current.kind === 'starting' ? (
        <p role="status">{text.loading}</p>
      ) : (
        <>
          <p role="alert">{text.cameBackFailed}</p>
          <button type="button" class="primary" onClick={() => void comeBack()}>
            {text.tryAgain}
          </button>
        </>
      )}
    </main>
  );
}

async function comeBack(): Promise<void> {
  const credentials = readCredentials();
  if (!credentials) {
    state.value = { kind: 'signed-out', refusal: null };
    return;
  }
  state.value = { kind: 'starting' };
  try {
    await enter(await Connection.comeBack(credentials));
  } catch (error) {
    const refusal = refusalOf(error);
    const mayTryAgain = refusal === 'unreachable' || refusal === 'busy';
    state.value = mayTryAgain ? { kind: 'unreachable' } : { kind: 'signed-out', refusal };
  }
}

/** Resolves to why it did not come to pass; null where it has. */
async function signIn(wish: SignIn): Promise<Refusal | null> {
  try {
    await enter(await Connection.signIn(wish));
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

async function enter(connection: Connection): Promise<void> {
  const session = new Session(connection);
  state.value = { kind: 'signed-in', session };
  connection.state.subscribe((connected) => {
    if (connected !== 'closed') return;
    session.end();
    state.value = { kind: 'signed-out', refusal: connection.refusal };
  });
  await session.start();
}

function refusalOf(error: unknown): Refusal {
  return error instanceof RefusalError ? error.refusal : 'refused';
}
