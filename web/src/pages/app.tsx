import { useSignal } from '@preact/signals';
import type { Connection } from '../chat/connection.ts';

export function App() {
  const connection = useSignal<Connection | null>(null);
  return <main>{connection.value?.jid}</main>;
}
