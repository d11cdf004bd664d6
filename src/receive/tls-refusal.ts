// Why a TLS handshake came to nothing, as a reason to count and as a sentence for the log that says what to change.

export const handshakeRefusals = [
  'no_certificate',
  'unknown_ca',
  'not_permitted',
  'expired',
  'not_yet_valid',
  'bad_certificate',
  'not_tls',
  'old_protocol',
  'no_shared_cipher',
  'refused_by_sender',
  'timeout',
  'too_many',
  'aborted',
  'other',
] as const
export type HandshakeRefusal = (typeof handshakeRefusals)[number]

export type Refusal = { readonly reason: HandshakeRefusal; readonly words: string }

/** What OpenSSL says of a certificate chain (tlsSocket.authorizationError), for a sender that showed one. */
export function chainRefusal(code: string, certificate: string): Refusal {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { reason: 'expired', words: `the sender's certificate, or one above it, has expired (${certificate})` }
    case 'CERT_NOT_YET_VALID':
      return {
        reason: 'not_yet_valid',
        words: `the sender's certificate is not valid yet: is a clock wrong? (${certificate})`,
      }
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
    case 'INVALID_CA':
      return {
        reason: 'unknown_ca',
        words: `the sender's certificate is not signed by a CA of clientCa (${certificate})`,
      }
    default:
      return { reason: 'bad_certificate', words: `the sender's certificate is refused: ${code} (${certificate})` }
  }
}

/** What Node and OpenSSL say of a handshake that broke off. */
export function handshakeRefusal(code: string | undefined, message: string): Refusal {
  switch (code) {
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_RECORD_LAYER_FAILURE':
    case 'ERR_SSL_UNEXPECTED_MESSAGE':
      return {
        reason: 'not_tls',
        words:
          'this sender speaks plain syslog, or something else that is not TLS: switch TLS on there, or send to the plain TCP port',
      }
    case 'ERR_SSL_HTTP_REQUEST':
    case 'ERR_SSL_HTTPS_PROXY_REQUEST':
      return { reason: 'not_tls', words: 'a web browser or HTTP client connected to the TLS port for syslog' }
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
    case 'ERR_SSL_VERSION_TOO_LOW':
    case 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION':
      return {
        reason: 'old_protocol',
        words: 'the sender speaks only versions of TLS that are too old (minVersion): update it',
      }
    case 'ERR_SSL_NO_SHARED_CIPHER':
    case 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM':
    case 'ERR_SSL_NO_SUITABLE_KEY_SHARE':
      return {
        reason: 'no_shared_cipher',
        words: 'the sender knows none of the ciphers that are spoken here (ECDHE with AES-GCM or ChaCha20)',
      }
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
    case 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE':
    case 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN':
    case 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED':
    case 'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE':
    case 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED':
      return {
        reason: 'refused_by_sender',
        words:
          "the sender refuses this server's certificate: give it the CA, and the name that stands in the certificate",
      }
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return { reason: 'timeout', words: 'the sender did not finish the TLS handshake in time' }
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING':
      return { reason: 'aborted', words: 'the sender closed the connection during the TLS handshake' }
    default:
      return { reason: 'other', words: `the TLS handshake failed: ${message}` }
  }
}
