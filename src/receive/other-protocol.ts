// Senders that speak something else on the syslog port: what it is and what to do, in one sentence for the log.

export type OtherProtocol = {
  readonly name: 'tls' | 'relp' | 'syslog' | 'ssh' | 'http' | 'proxy'
  readonly hint: string
}

const hints: readonly (readonly [start: string, name: OtherProtocol['name'], hint: string])[] = [
  ['\x16\x03', 'tls', 'a sender speaks TLS on the plain TCP port; switch TLS off at the sender for this port'],
  ['\x80\x2e\x01', 'tls', 'a sender speaks TLS on the plain TCP port; switch TLS off at the sender for this port'],
  [
    '1 open ',
    'relp',
    'a sender speaks RELP on the plain TCP port; use omfwd (`@@host:port`) there, or send to the RELP port',
  ],
  ['SSH-', 'ssh', 'an SSH client connected to the syslog port'],
  ['GET ', 'http', 'a web browser or HTTP client connected to the syslog port; the web UI has its own port (web.port)'],
  ['HEAD ', 'http', 'an HTTP client connected to the syslog port; the web UI has its own port (web.port)'],
  ['POST ', 'http', 'an HTTP client connected to the syslog port; send syslog frames without HTTP'],
  ['PUT ', 'http', 'an HTTP client connected to the syslog port; send syslog frames without HTTP'],
  ['OPTIONS ', 'http', 'an HTTP client connected to the syslog port; the web UI has its own port (web.port)'],
  ['PROXY ', 'proxy', 'a load balancer sends the PROXY protocol; switch it off there, its line is stored as a message'],
]

const longestStart = 16

/** What the first bytes of a connection are, or undefined when they may be syslog. */
export function otherProtocol(bytes: Uint8Array): OtherProtocol | undefined {
  const start = startOf(bytes)
  const found = hints.find(([known]) => start.startsWith(known))
  return found && { name: found[1], hint: found[2] }
}

/** What the first bytes of a connection to the RELP port are, or undefined when they may be RELP. */
export function otherThanRelp(bytes: Uint8Array): OtherProtocol | undefined {
  const start = startOf(bytes)
  if (start.startsWith('\x16\x03')) {
    return {
      name: 'tls',
      hint: 'a sender speaks TLS on the plain RELP port; switch TLS off at the sender for this port',
    }
  }
  if (/^(?:\d+ )?</.test(start)) {
    return { name: 'syslog', hint: 'a sender speaks plain syslog on the RELP port; use omrelp there, or the TCP port' }
  }
  return undefined
}

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, longestStart)).toString('latin1')
}
