const lines = (text: string): string => `${text.trim().replaceAll('\n', '\r\n')}\r\n`;

/** As Chromium offers a call with picture, with fewer codecs. */
export const CALL_OFFER = lines(`
v=0
o=- 6336348815515329733 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS 8c9a777b
m=audio 9 UDP/TLS/RTP/SAVPF 111 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:nMh/
a=ice-pwd:rKCaaZkjCwy8h/p8tS1q36XF
a=ice-options:trickle
a=fingerprint:sha-256 19:09:54:18:97:D8:D1:32:2C:C2:9D:3F:2D:C2:56:18:3D:7C:C9:25:B7:D9:47:D8:CB:8B:94:DE:6D:5D:35:6F
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:8c9a777b f93d2cd9
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:126 telephone-event/8000
a=fmtp:126 0-15
a=ssrc:4197958274 cname:mgZpNYGUzmXAVWjC
a=ssrc:4197958274 msid:8c9a777b f93d2cd9
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=ice-ufrag:nMh/
a=ice-pwd:rKCaaZkjCwy8h/p8tS1q36XF
a=ice-options:trickle
a=fingerprint:sha-256 19:09:54:18:97:D8:D1:32:2C:C2:9D:3F:2D:C2:56:18:3D:7C:C9:25:B7:D9:47:D8:CB:8B:94:DE:6D:5D:35:6F
a=setup:actpass
a=mid:1
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 2918230350 3032917020
a=ssrc:2918230350 cname:mgZpNYGUzmXAVWjC
a=ssrc:3032917020 cname:mgZpNYGUzmXAVWjC
`);

/** As Chromium offers a data channel. */
export const DATA_OFFER = lines(`
v=0
o=- 4803332498320198520 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=msid-semantic: WMS
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:bJVi
a=ice-pwd:R8PQ4muwZ3P5Iz9QZQEcDf86
a=ice-options:trickle
a=fingerprint:sha-256 52:09:47:AD:98:2F:6A:03:72:CB:42:F8:57:B0:8F:01:34:0A:55:3B:E0:A6:FD:F3:4C:2D:03:DB:37:04:BA:19
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
`);
