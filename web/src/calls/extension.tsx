import type { ExtensionFactory } from '../extensions.ts';
import { DirectFileButton } from '../peer-files/direct-file-button.tsx';
import { PeerFileList } from '../peer-files/peer-file-list.tsx';
import { PeerFiles } from '../peer-files/peer-files.ts';
import { CallButtons } from './call-buttons.tsx';
import { CallLayer } from './call-layer.tsx';
import { Calls } from './calls.ts';
import { JingleRouter } from './jingle-router.ts';
import { RelaySetting } from './relay-setting.tsx';

/** Calls and files between browsers, for the pages. */
export const callsAndPeerFiles: ExtensionFactory = (agent, server) => {
  const router = new JingleRouter(agent);
  const calls = new Calls(agent, server, router);
  const peerFiles = new PeerFiles(agent, server, router);
  return {
    headerButtons: (peer, name) => (
      <>
        <DirectFileButton peerFiles={peerFiles} peer={peer} name={name} />
        <CallButtons calls={calls} peer={peer} name={name} />
      </>
    ),
    overlay: (nameOf) => <CallLayer calls={calls} nameOf={nameOf} />,
    transfers: (peer) => <PeerFileList peerFiles={peerFiles} peer={peer} />,
    ringing: calls.ringing,
    settings: () => <RelaySetting calls={calls} />,
    stop: () => {
      calls.stop();
      peerFiles.stop();
    },
  };
};
