// The web server: builds fastify with its hooks in order, adds the routes, listens.
//
//   request → headers → own host? → small enough? → readable parameters? → rate limit → who asks, may they?
//           → body → schema → route; each of them may refuse, and errors.ts prints it

import type { AddressInfo, Socket } from 'node:net'
import { hostname } from 'node:os'
import fastifyCompress from '@fastify/compress'
import fastifyCookie from '@fastify/cookie'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifySwagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { PicketError } from '../base/errors.ts'
import { accessHook, readableQueryHook } from './access-hook.ts'
import type { App, Context } from './context.ts'
import { bodyTooLarge, RateLimited, RefusedRequest, sendError } from './errors.ts'
import { securityHeaders } from './headers.ts'
import { liveStreams } from './live-streams.ts'
import { loginLimiter } from './login-limiter.ts'
import { openPasswords, type Passwords } from './password.ts'
import { accountRoutes } from './routes/accounts.ts'
import { alertRoutes } from './routes/alerts.ts'
import { probeRoutes } from './routes/probes.ts'
import { searchRoutes } from './routes/search.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { sourceRoutes } from './routes/sources.ts'
import { streamRoutes } from './routes/stream.ts'
import { systemRoutes } from './routes/system.ts'
import { isOwnHost } from './same-site.ts'
import type { HttpServices } from './services.ts'
import { openSessions } from './sessions.ts'
import { firstRun } from './setup.ts'
import { webFiles } from './web-files.ts'

const maxBodyBytes = 64 << 10
/** From the first byte of a request to its last. */
const requestTimeoutMs = 30_000
/** Connections that dawdle over their headers would take the places of others. */
const headersTimeoutMs = 10_000
const checkConnectionsEveryMs = 5000
/** Longer than the pause between two polls of an open page. */
const keepAliveTimeoutMs = 75_000
/** A download in progress gets so long when Picket stops. */
const stopDeadlineMs = 5000
const maxConnections = 2048
/** One address: a few people with busy pages behind one proxy, but not a flood. */
const maxRequestsPerMinute = 3000
const heartbeatMs = 15_000

export type ServerOptions = {
  /** Folder of the built web UI. */
  readonly webRoot: string
  readonly version: string
  /** How people reach the web UI; https makes cookies Secure. */
  readonly publicUrl?: string | undefined
  /** Tests count how often it hashes. */
  readonly passwords?: Passwords | undefined
  readonly heartbeatMs?: number | undefined
  /** Tests print only what the schemas of answers know, and fail when an answer does not fit. */
  readonly checkAnswers?: boolean | undefined
}

export type HttpServer = AsyncDisposable & {
  readonly address: string
  readonly port: number
  /** The link that makes the first admin; undefined when there are users or the link is too old. */
  setupUrl(): string | undefined
}

/** Starts the web server. Errors: PORT_IN_USE, ACCESS_DENIED. Disposal is stopServer. */
export async function startHttp(
  listen: { readonly host: string; readonly port: number; readonly publicUrl?: string | undefined },
  services: HttpServices,
  options: Omit<ServerOptions, 'publicUrl'>,
): Promise<HttpServer> {
  const { app, context } = await createServer(services, { ...options, publicUrl: listen.publicUrl })
  try {
    await app.listen({ host: listen.host, port: listen.port })
  } catch (error) {
    await app.close()
    throw listenError(error, listen)
  }
  const { address, port } = app.server.address() as AddressInfo
  const base = (listen.publicUrl ?? `http://${reachableHost(address)}:${port}`).replace(/\/+$/, '')
  return {
    address,
    port,
    setupUrl() {
      const token = context.firstRun.token()
      // Behind the #, so that it is in no log and no Referer.
      return token === undefined ? undefined : `${base}/setup#token=${token}`
    },
    [Symbol.asyncDispose]: () => stopServer(app),
  }
}

/** Accepts nothing more, ends live tails, waits for running requests, and after the deadline ends those too. */
export async function stopServer(app: App): Promise<void> {
  const deadline = performance.now() + stopDeadlineMs
  // A connection that becomes idle now would be kept for its next request.
  const timer = setInterval(() => {
    if (performance.now() < deadline) app.server.closeIdleConnections()
    else app.server.closeAllConnections()
  }, 50)
  try {
    await app.close()
  } finally {
    clearInterval(timer)
  }
}

/** The server without a socket, ready for `app.inject`. */
export async function createServer(
  services: HttpServices,
  options: ServerOptions,
): Promise<{ readonly app: App; readonly context: Context; readonly routes: readonly string[] }> {
  const context = createContext(services, options)
  const routes: string[] = []
  const logger: FastifyBaseLogger = services.log
  // The schemas of answers describe them (OpenAPI, tests); checking each record again would cost more than finding it.
  const printAnswer = options.checkAnswers ? serializerCompiler : () => (data: unknown) => JSON.stringify(data)
  const app: App = fastify({
    loggerInstance: logger,
    // Every page polls; what people do is in the audit trail.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    trustProxy: false,
    exposeHeadRoutes: false,
    clientErrorHandler: refuseUnreadable,
    // A path that cannot be decoded meets no hook, so it gets its headers here.
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply.headers(headersOf(context))),
    http: { connectionsCheckingInterval: checkConnectionsEveryMs },
    // Given here and not by setters: fastify then does not load its own, a tenth of the start. (`never`: its types know
    // only the compilers of ajv here; every schema of ours is zod's.)
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never,
        buildSerializer: () => printAnswer as never,
      },
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.server.maxConnections = maxConnections
  app.server.headersTimeout = headersTimeoutMs
  app.setErrorHandler(sendError)
  // Forms and text/plain need no CORS preflight, so a foreign page could send them.
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('actor', null)
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of Array.isArray(method) ? method : [method]) routes.push(`${one} ${url}`)
  })

  await app.register(fastifyCookie)
  await app.register(fastifyRateLimit, { global: false, max: maxRequestsPerMinute, timeWindow: 60_000, cache: 10_000 })
  await app.register(fastifyCompress, { global: true, threshold: 1024, encodings: ['zstd', 'br', 'gzip'] })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Picket', version: options.version },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: context.cookie.name },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
  })
  addHooks(app, context)

  for (const add of [
    signInRoutes,
    searchRoutes,
    streamRoutes,
    alertRoutes,
    systemRoutes,
    sourceRoutes,
    accountRoutes,
    probeRoutes,
  ]) {
    add(app, context)
  }
  webFiles(app, options.webRoot)
  await app.ready()
  return { app, context, routes }
}

function createContext(services: HttpServices, options: ServerOptions): Context {
  const { people, clock } = services
  const https = options.publicUrl?.startsWith('https:') ?? false
  return {
    services,
    version: options.version,
    publicUrl: options.publicUrl,
    sessions: openSessions(people, clock),
    passwords: options.passwords ?? openPasswords(),
    limiter: loginLimiter(clock),
    firstRun: firstRun(people, clock),
    streams: liveStreams(),
    heartbeatMs: options.heartbeatMs ?? heartbeatMs,
    // The prefix makes browsers insist on Secure, this host and Path=/ (RFC 6265bis §4.1.3.2).
    cookie: https ? { name: '__Host-sid', secure: true } : { name: 'sid', secure: false },
  }
}

/** In the order of the drawing above. */
function addHooks(app: App, context: Context): void {
  const headers = headersOf(context)
  const names = [hostname().toLowerCase()]
  if (context.publicUrl !== undefined) names.push(new URL(context.publicUrl).hostname.toLowerCase())
  const countRequest = app.createRateLimit()

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers)
  })
  app.addHook('onRequest', async request => {
    if (isOwnHost(request.headers.host, names)) return
    throw new RefusedRequest(421, 'this server has another name; set web.publicUrl to the address that people use')
  })
  app.addHook('onRequest', async request => {
    // At once, whoever asks: nothing of it is read.
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw new RefusedRequest(413, bodyTooLarge)
  })
  app.addHook('onRequest', readableQueryHook)
  app.addHook('onRequest', async (request: FastifyRequest) => {
    const limit = await countRequest(request)
    if (!limit.isAllowed && limit.isExceeded)
      throw new RateLimited('too many requests from your address', limit.ttlInSeconds)
  })
  app.addHook('onRequest', accessHook(context))
  // Live tails never end by themselves, so closing would wait for them.
  app.addHook('preClose', async () => context.streams.close())
}

function headersOf({ cookie }: Context) {
  return securityHeaders({ https: cookie.secure })
}

/** What cannot be parsed as HTTP has no request to answer; the answer is the last thing on this connection. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'the headers are too large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the request did not arrive in time']
        : ['400 Bad Request', 'the request is not HTTP/1.1']
  const body = JSON.stringify({ error: { code: 'BAD_REQUEST', message } })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  )
}

function listenError(error: unknown, { host, port }: { readonly host: string; readonly port: number }): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE') {
    return new PicketError('PORT_IN_USE', `web: another program listens on ${host}:${port}; change web.port`, {
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    const message = `web: the system refuses ${host}:${port} (${code}); change web.host or web.port`
    return new PicketError('ACCESS_DENIED', message, { cause: error })
  }
  return error
}

/** An address as it stands in a URL of this machine. */
function reachableHost(address: string): string {
  if (address === '::' || address === '0.0.0.0') return '127.0.0.1'
  return address.includes(':') ? `[${address}]` : address
}
