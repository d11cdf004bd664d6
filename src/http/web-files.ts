// The web UI: built files from one folder, and index.html for every page that people navigate to.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PicketError } from '../base/errors.ts'
import type { App } from './context.ts'
import { newNonce, pagePolicy } from './headers.ts'

const notBuilt = `<!doctype html><title>Picket</title><p>Picket runs, but its web pages are not built: run <code>npm run prepare</code>.</p>\n`

/** Serves `webRoot` and answers everything that no route knows. */
export function webFiles(app: App, webRoot: string): void {
  // Nothing to serve in a checkout that was never built; the API works all the same.
  if (existsSync(webRoot)) {
    void app.register(fastifyStatic, {
      root: webRoot,
      prefix: '/',
      index: false,
      dotfiles: 'ignore',
      acceptRanges: false,
      cacheControl: false,
      // index.html needs its nonce, so the handler below sends it.
      allowedPath: path => path !== '/index.html' && !path.endsWith('/'),
      setHeaders: (reply, path) => {
        // Vite puts a hash of the content into the names under assets/.
        const hashed = path.includes('/assets/')
        reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }

  app.setNotFoundHandler(async (request, reply) => {
    if (!isNavigation(request)) throw new PicketError('NOT_FOUND', 'there is nothing at this address')
    return sendPage(reply, webRoot)
  })
}

/** True for a page that a person opens; never under /api, where a typo must be a 404. */
function isNavigation(request: FastifyRequest): boolean {
  const path = request.url.split('?', 1)[0] ?? ''
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  // What the static files refuse (..%2f and the like) is not a page either.
  if (!/^\/[\w./-]*$/.test(path) || path.includes('..') || path.includes('//')) return false
  if (/^\/(?:api|assets)(?:\/|$)/.test(path)) return false
  return (request.headers.accept ?? '').includes('text/html')
}

async function sendPage(reply: FastifyReply, webRoot: string): Promise<FastifyReply> {
  const html = await readFile(join(webRoot, 'index.html'), 'utf8').catch(() => notBuilt)
  const nonce = newNonce()
  return reply
    .code(200)
    .header('content-security-policy', pagePolicy(nonce))
    .header('cache-control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(html.replaceAll('__CSP_NONCE__', nonce))
}
