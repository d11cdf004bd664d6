// Headers of every answer: what a browser may do with it (OWASP ASVS 5.0 §3.2.1, §3.4).
import { randomBytes } from 'node:crypto'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
].join('; ')

/** Headers of all answers; `https`: people reach Picket through TLS, so browsers may insist on it (two years). */
export function securityHeaders(options: { readonly https: boolean }): { readonly [name: string]: string } {
  return {
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
    ...(options.https ? { 'strict-transport-security': 'max-age=63072000' } : {}),
  }
}

/** The policy of a page that may also use `<style nonce>`: the code editor adds its styles at run time. */
export function pagePolicy(nonce: string): string {
  return policy.replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`)
}

/** The policy of downloads: opened in a tab, they may do nothing at all. */
export const downloadPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** 128 random bits for one page. */
export function newNonce(): string {
  return randomBytes(16).toString('base64')
}
