// Senders that speak something else on the syslog port: what it is and what to do, in one sentence for the log.

const hints: readonly (readonly [start: string, hint: string])[] = [
  ['\x16\x03', 'a sender speaks TLS on the plain TCP port; switch TLS off at the sender for this port'],
  ['\x80\x2e\x01', 'a sender speaks TLS on the plain TCP port; switch TLS off at the sender for this port'],
  ['1 open ', 'a sender speaks RELP on the plain TCP port; use omfwd (`@@host:port`) there, or send to the RELP port'],
  ['SSH-', 'an SSH client connected to the syslog port'],
  ['GET ', 'a web browser or HTTP client connected to the syslog port; the web UI has its own port (web.port)'],
  ['HEAD ', 'an HTTP client connected to the syslog port; the web UI has its own port (web.port)'],
  ['POST ', 'an HTTP client connected to the syslog port; send syslog frames without HTTP'],
  ['PUT ', 'an HTTP client connected to the syslog port; send syslog frames without HTTP'],
  ['OPTIONS ', 'an HTTP client connected to the syslog port; the web UI has its own port (web.port)'],
  ['PROXY ', 'a load balancer sends the PROXY protocol; switch it off there, its line is stored as a message'],
]

const longestStart = 16

/** The hint for the first bytes of a connection, or undefined when they may be syslog. */
export function otherProtocol(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, longestStart)).toString('latin1')
  return hints.find(([known]) => start.startsWith(known))?.[1]
}
