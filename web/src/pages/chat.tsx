import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Session } from '../chat/session.ts';
import type { Entry } from '../chat/timeline.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Icon } from '../parts/icons.tsx';
import { Menu, type MenuItem } from '../parts/menu.tsx';
import { text } from '../text.ts';
import { Composer } from './composer.tsx';
import { Confirm, RenameContact } from './contact-dialogs.tsx';
import { closeChat } from './home.tsx';
import { Messages } from './messages.tsx';
import { UploadList } from './upload-list.tsx';

interface Props {
  readonly session: Session;
  readonly peer: string;
}

/** One conversation: with whom, what was said, and what is to be said. */
export function Chat({ session, peer }: Props) {
  const conversation = session.conversation(peer);
  const edited = useSignal<Entry | null>(null);
  const isTarget = useSignal(false);
  const name = session.nameOf(peer);
  const sendFiles = (files: Iterable<File>): void => {
    for (const file of files) void session.sendFile(peer, file);
  };
  const drag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    isTarget.value = true;
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    isTarget.value = false;
    sendFiles(event.dataTransfer?.files ?? []);
  };
  const leave = ({ currentTarget, relatedTarget }: DragEvent): void => {
    const isWithin = (currentTarget as Node).contains(relatedTarget as Node | null);
    if (!isWithin) isTarget.value = false;
  };
  return (
    <main class="chat" onDragOver={drag} onDragLeave={leave} onDrop={drop}>
      <ChatHeader session={session} peer={peer} />
      <Messages session={session} conversation={conversation} name={name} edited={edited} />
      <p class="typing-line" role="status">
        {conversation.isTyping.value && text.typing(name)}
      </p>
      {session.extensions.map((extension) => extension.transfers?.(peer))}
      <UploadList session={session} peer={peer} />
      <Composer conversation={conversation} name={name} edited={edited} onFiles={sendFiles} />
      {isTarget.value && <div class="drop-target">{text.dropHere(name)}</div>}
    </main>
  );
}

function ChatHeader({ session, peer }: Props) {
  const name = session.nameOf(peer);
  const { show } = session.contacts.availabilityOf(peer);
  return (
    <header class="chat-header">
      <button
        type="button"
        class="round only-narrow"
        aria-label={text.back}
        onClick={() => closeChat(session)}
      >
        <Icon name="back" />
      </button>
      <Avatar session={session} jid={peer} show={show} />
      <span class="who">
        <h1>{name}</h1>
        <span title={peer}>{situationOf(session, peer)}</span>
      </span>
      <span class="chat-buttons">
        {session.extensions.map((extension) => extension.headerButtons?.(peer, name))}
      </span>
      <ContactMenu session={session} peer={peer} name={name} />
    </header>
  );
}

function situationOf(session: Session, peer: string): string {
  const contact = session.contacts.all.value.get(peer);
  if (!contact) return peer === session.jid ? peer : text.notContact;
  if (contact.isAsked && !contact.isSeen) return text.asked;
  const { show, status } = session.contacts.availabilityOf(peer);
  return status ? `${text.show[show]} · ${status}` : text.show[show];
}

function ContactMenu({ session, peer, name }: Props & { readonly name: string }) {
  const [dialog, setDialog] = useState<'rename' | 'remove' | null>(null);
  const close = () => setDialog(null);
  const isContact = session.contacts.all.value.has(peer);
  const items: MenuItem[] = isContact
    ? [
        { icon: 'edit', label: text.rename, choose: () => setDialog('rename') },
        {
          icon: 'remove',
          label: text.remove,
          isDangerous: true,
          choose: () => setDialog('remove'),
        },
      ]
    : [
        {
          icon: 'add',
          label: text.addContact,
          choose: () => void session.contacts.add(peer, '').catch(() => {}),
        },
      ];
  return (
    <>
      <Menu label={text.more} items={items} />
      {dialog === 'rename' && <RenameContact session={session} jid={peer} onClose={close} />}
      {dialog === 'remove' && (
        <Confirm
          title={text.removeTitle(name)}
          hint={text.removeHint}
          action={text.remove}
          act={() => void session.contacts.remove(peer).catch(() => {})}
          onClose={close}
        />
      )}
    </>
  );
}
