// What the certificates are for, as text to paste: the section of picket.yaml, and the configuration of rsyslog.
import { join } from 'node:path'
import { authorityFiles, serverFiles } from './cert-paths.ts'

/** The lines of picket.yaml that use the files of the folder. */
export function picketSection(dir: string): string {
  const path = (file: string) => JSON.stringify(join(dir, file)) // a JSON text is a YAML text
  return `# picket.yaml: whoever has a certificate of this CA may send. For some of them only: mode: name, and permittedNames.
receive:
  tls:
    cert: ${path(serverFiles.cert)}
    key: ${path(serverFiles.key)}
    clientCa: ${path(authorityFiles.cert)}
    mode: ca
`
}

type Sender = {
  readonly name: string
  /** The name in the certificate of Picket. */
  readonly server: string
  /** What the sender needs, where it is now. */
  readonly files: readonly string[]
}

/** Where the sender keeps its files. */
const senderFolder = '/etc/rsyslog.d'

/** A file for /etc/rsyslog.d. The queue holds what comes while Picket cannot be reached. */
export function rsyslogConfiguration({ name, server, files }: Sender): string {
  return `# rsyslog on ${name}, with the package rsyslog-gnutls: save this as ${senderFolder}/60-picket-tls.conf and put beside it
${files.map(file => `#   ${file.replaceAll(/[\r\n]/g, '?')}`).join('\n')}
# as picket-client.pem, picket-client.key (chmod 600) and picket-ca.pem
global(
  defaultNetstreamDriverCAFile="${senderFolder}/picket-ca.pem"
  defaultNetstreamDriverCertFile="${senderFolder}/picket-client.pem"
  defaultNetstreamDriverKeyFile="${senderFolder}/picket-client.key"
)
action(
  type="omfwd" target="${server}" port="6514" protocol="tcp" TCP_Framing="octet-counted"
  StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="${server}"
  queue.type="LinkedList" queue.size="50000" action.resumeRetryCount="-1"
)
`
}
