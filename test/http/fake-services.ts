// What the web server needs, in memory: people, alerts and a search that answers what it is given and records what it was asked.
import pino from 'pino'
import { PicketError } from '../../src/base/errors.ts'
import type { Passwords } from '../../src/http/password.ts'
import { hashSecret } from '../../src/http/secrets.ts'
import { createServer, type ServerOptions, stopServer } from '../../src/http/server.ts'
import type { HttpServices, SearchService, TailBatch } from '../../src/http/services.ts'
import type { Alert, AlertComment, AlertState } from '../../src/model/alert.ts'
import { noSums } from '../../src/model/books.ts'
import type { RecordJson } from '../../src/model/record.ts'
import type { Source } from '../../src/model/source.ts'
import type { AlertBox, ApiToken, AuditEntry, People, Role, Session, User } from '../../src/store/store.ts'

export const password = 'correct horse battery'
export const startMs = Date.parse('2026-11-23T12:00:00Z')

/** A clock that stands still until it is turned. */
export function fakeClock() {
  let ms = startMs
  return { now: () => ms, monotonic: () => ms - startMs, forward: (byMs: number) => void (ms += byMs) }
}

export function fakePeople(): People & { readonly sessions: Map<string, Session> } {
  const users = new Map<string, User>()
  const sessions = new Map<string, Session>()
  const tokens = new Map<string, ApiToken>()
  const lines: AuditEntry[] = []
  const removeSessions = (when: (session: Session) => boolean) => {
    for (const [hash, session] of sessions) if (when(session)) sessions.delete(hash)
  }
  return {
    sessions,
    users: () => [...users.values()],
    findUser: name => users.get(name),
    addUser(user) {
      if (users.has(user.name)) throw new PicketError('CONFLICT', `there is a user ${user.name}`)
      users.set(user.name, user)
    },
    setPassword(name, passwordHash) {
      const user = users.get(name)
      if (user !== undefined) users.set(name, { ...user, passwordHash })
      return user !== undefined
    },
    removeUser: name => users.delete(name),
    addSession: (hash, session) => void sessions.set(hash, session),
    findSession: hash => sessions.get(hash),
    touchSession(hash, seenAt) {
      const session = sessions.get(hash)
      if (session !== undefined) sessions.set(hash, { ...session, seenAt })
    },
    removeSession: hash => void sessions.delete(hash),
    removeSessionsOf: user => removeSessions(session => session.user === user),
    removeSessionsBefore: (createdAt, seenAt) =>
      removeSessions(session => session.createdAt < createdAt || session.seenAt < seenAt),
    addToken: (hash, token) => void tokens.set(hash, token),
    findToken: hash => tokens.get(hash),
    tokens: () => [...tokens.values()],
    removeToken(name) {
      const found = [...tokens].find(([, token]) => token.name === name)
      return found !== undefined && tokens.delete(found[0])
    },
    touchToken(hash, lastUsedAt) {
      const token = tokens.get(hash)
      if (token !== undefined) tokens.set(hash, { ...token, lastUsedAt })
    },
    audit: entry => void lines.unshift(entry),
    trail: limit => lines.slice(0, limit),
  }
}

export function fakeRecord(n: number, message = `message ${n}`): RecordJson {
  return {
    id: `20261123-${String(n).padStart(12, '0')}`,
    received_at: '2026-11-23T11:59:59.000Z',
    timestamp: null,
    peer: '192.0.2.7',
    transport: 'udp',
    facility: 4,
    severity: 6,
    hostname: 'web01',
    app_name: 'sshd',
    procid: '812',
    msgid: null,
    structured_data: { 'ex@32473': { k: 'v', again: ['1', '2'] } },
    message,
    format: 'rfc3164',
    fields: { 'user.name': 'alice', 'source.port': 22, 'process.args': ['a', 'b'] },
    problems: [],
  }
}

export function fakeAlert(id: number, state: AlertState = 'open'): Alert {
  return {
    id,
    key: `key ${id}`,
    ruleId: 'rule-1',
    ruleTitle: 'Immutable flag removed',
    level: 'high',
    hostname: 'web01',
    user: 'alice',
    source: null,
    state,
    count: 2,
    firstAt: startMs - 60_000,
    lastAt: startMs,
    firstRecord: fakeRecord(1),
    lastRecord: fakeRecord(2),
    changedBy: null,
    changedAt: null,
  }
}

export function fakeSource(id: number): Source {
  return {
    id,
    peer: '192.0.2.7',
    hostname: 'web01',
    transport: 'udp',
    channel: 'auth',
    timeZone: 'UTC',
    firstAt: startMs - 60_000,
    lastAt: startMs,
    records: 2,
    lastId: '20261123-000000000002',
    hours: [0],
    state: 'live',
    rhythmMs: 60_000,
    silentAfterMs: 900_000,

    isExpected: false,
    isMuted: false,
    mutedUntil: null,
    clockOffsetMs: 28_800_500,
    clockJumps: [],
    alertId: null,
  }
}

export function fakeAlerts(alerts: readonly Alert[]): AlertBox {
  const byId = new Map(alerts.map(alert => [alert.id, { alert, comments: [] as AlertComment[] }]))
  const all = () => [...byId.values()].map(({ alert }) => alert).sort((a, b) => b.id - a.id)
  const count = (state: AlertState) => all().filter(alert => alert.state === state).length
  return {
    checkpoint: () => undefined,
    openAlert: key => all().find(alert => alert.key === key && alert.state !== 'closed'),
    apply: () => [],
    tellWaiting: () => undefined,
    prune: () => 0,
    list: ({ state, limit, before }) =>
      all()
        .filter(alert => (state === undefined || alert.state === state) && (before === undefined || alert.id < before))
        .slice(0, limit),
    counts: () => ({ open: count('open'), acknowledged: count('acknowledged'), closed: count('closed') }),
    find(id) {
      const found = byId.get(id)
      return found && { ...found.alert, comments: found.comments }
    },
    setState(id, state, by, at) {
      const found = byId.get(id)
      if (found !== undefined) found.alert = { ...found.alert, state, changedBy: by, changedAt: at }
      return found?.alert
    },
    comment(id, comment) {
      byId.get(id)?.comments.push(comment)
      return byId.has(id)
    },
  }
}

/** A search over a fixed list; `asked` holds every request. */
export function fakeSearch(records: readonly RecordJson[]) {
  const asked: { readonly method: string; readonly request: unknown; readonly signal: AbortSignal }[] = []
  const tails: ReturnType<typeof fakeTail>[] = []
  let failure: Error | undefined
  const note = (method: string, request: unknown, signal: AbortSignal) => {
    asked.push({ method, request, signal })
    if (failure !== undefined) throw failure
  }
  const search: SearchService = {
    warm() {},
    async records(request, signal) {
      note('records', request, signal)
      return { records: records.slice(0, request.limit), next_cursor: null, scanned: records.length, took_ms: 1 }
    },
    async histogram(request, signal) {
      note('histogram', request, signal)
      const bucket = { from: startMs - 60_000, to: startMs, count: 2, bySeverity: [0, 0, 0, 0, 0, 0, 2, 0] }
      return { buckets: [bucket], total: 2, took_ms: 1 }
    },
    async facets(request, signal) {
      note('facets', request, signal)
      const facets = Object.fromEntries(request.fields.map(f => [f, [{ value: 'web01', count: 2 }]]))
      return { facets, sampled: {}, took_ms: 1 }
    },
    tail(request, signal) {
      note('tail', request, signal)
      const tail = fakeTail(signal)
      tails.push(tail)
      return tail.batches
    },
    async *export(request, signal) {
      note('export', request, signal)
      yield records.slice(0, request.limit)
    },
  }
  return { search, asked, tails, failWith: (error: Error) => void (failure = error) }
}

/** A tail that gives what it is sent, until its signal fires. */
export function fakeTail(signal: AbortSignal) {
  const waiting: TailBatch[] = []
  let wake = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => wake.resolve())
  async function* run(): AsyncGenerator<TailBatch> {
    try {
      while (!signal.aborted) {
        const batch = waiting.shift()
        if (batch !== undefined) yield batch
        else await wake.promise
        if (waiting.length === 0 && !signal.aborted) wake = Promise.withResolvers<void>()
      }
    } finally {
      ended.resolve()
    }
  }
  return {
    batches: run(),
    ended: ended.promise,
    send(batch: TailBatch) {
      waiting.push(batch)
      wake.resolve()
    },
  }
}

/** Passwords without argon2: tests about anything else are quick. `count` is how often it hashed. */
export function fakePasswords(): Passwords & { count: number } {
  const hash = (text: string) => `fake:${hashSecret(text)}`
  const passwords = {
    count: 0,
    async hash(text: string) {
      passwords.count++
      return hash(text)
    },
    async verify(text: string, stored: string | undefined) {
      passwords.count++
      return { ok: stored === hash(text), outdated: false }
    },
  }
  return passwords
}

export type Fakes = Awaited<ReturnType<typeof startFake>>

/** A server over fakes with the users viv (viewer), ann (analyst) and adam (admin); all have `password`. */
export async function startFake(
  change: Partial<ServerOptions> & { readonly services?: Partial<HttpServices>; readonly users?: boolean } = {},
) {
  const { services: changed, users = true, ...options } = change
  const clock = fakeClock()
  const people = fakePeople()
  const passwords = fakePasswords()
  const searching = fakeSearch([fakeRecord(2), fakeRecord(1)])
  const logged: string[] = []
  const services: HttpServices = {
    people,
    alerts: fakeAlerts([fakeAlert(1, 'closed'), fakeAlert(2), fakeAlert(3)]),
    outbox: { counts: () => ({ pending: 0, sent: 1, failed: 0 }) },
    search: searching.search,
    rules: () => [
      {
        id: 'rule-1',
        title: 'Immutable flag removed',
        level: 'high',
        description: 'chattr -i',
        falsePositives: ['package updates'],
        techniques: ['T1222.002'],
        nextSteps: 'Ask the user.',
        file: 'rules.d/chattr.yml',
        enabled: true,
      },
      {
        id: 'broken',
        title: 'broken',
        level: 'low',
        falsePositives: [],
        techniques: [],
        file: 'rules.d/broken.yml',
        enabled: false,
        error: 'no condition',
      },
    ],
    ruleFindings: () => ['rules.d/broken.yml:1:1 no condition'],
    sources: { list: () => [fakeSource(2)], decide: id => id === 2 },
    hosts: async () => [
      {
        hostname: 'web01',
        peer: '192.0.2.7',
        records: 2,
        firstSeen: startMs - 60_000,
        lastSeen: startMs,
        channels: [{ name: 'auth', lastSeen: startMs }],
      },
    ],
    status: async () => ({
      version: '0.0.0',
      startedAt: startMs,
      receive: [
        {
          transport: 'udp',
          address: '::',
          port: 5514,
          frames: 2,
          bytes: 200,
          framesPerSecond: 0.5,
          dropped: { too_long: 1 },
        },
        {
          transport: 'tcp',
          address: '::',
          port: 5514,
          frames: 0,
          bytes: 0,
          framesPerSecond: 0,
          connections: 0,
          dropped: {},
        },
      ],
      store: { records: 2, bytes: 4096, days: 1, oldest: startMs - 60_000, newest: startMs },
      recordsPerSecond: 0.1,
      disk: { freeBytes: 1e9, totalBytes: 2e9 },
      warnings: ['the disk is nearly full'],
    }),
    ledger: () => ({
      since: '2026-11-23T11:00:00.000Z',
      at: '2026-11-23T12:00:00.000Z',
      closed: false,
      crashes: 1,
      difference: 0,
      listeners: { udp: { ...noSums, received: 3, stored: 2, empty: 1, kernel_dropped: 4 } },
      total: { ...noSums, received: 3, stored: 2, empty: 1, kernel_dropped: 4 },
    }),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'picket_frames_total 2\n' }),
    ready: () => true,
    clock,
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
    ...changed,
  }
  const server = await createServer(services, {
    webRoot: '/nonexistent',
    version: '0.0.0',
    passwords,
    checkAnswers: true,
    ...options,
  })
  if (users) {
    for (const [name, role] of [
      ['viv', 'viewer'],
      ['ann', 'analyst'],
      ['adam', 'admin'],
    ] as const) {
      people.addUser({ name, role, createdAt: startMs, passwordHash: await passwords.hash(password) })
    }
  }
  passwords.count = 0
  return {
    ...server,
    services,
    people,
    clock,
    passwords,
    logged,
    ...searching,
    [Symbol.asyncDispose]: () => stopServer(server.app),
  }
}

export const userOf: { readonly [role in Role]: string } = { viewer: 'viv', analyst: 'ann', admin: 'adam' }

/** Logs in; the headers make later requests those of the person. */
export async function login({ app }: Pick<Fakes, 'app'>, name: string) {
  const response = await app.inject({ method: 'POST', url: '/api/v1/login', payload: { name, password } })
  const { csrf } = response.json<{ csrf: string }>()
  const cookie = String(response.headers['set-cookie']).split(';', 1)[0] ?? ''
  return { csrf, cookie, headers: { cookie, 'x-csrf-token': csrf } }
}

/** Gives a person a token and returns the header for it. */
export function tokenFor({ people }: Pick<Fakes, 'people'>, user: string) {
  const token = `pkt_test_${user}`
  people.addToken(hashSecret(token), { name: `${user}-token`, user, createdAt: startMs, lastUsedAt: null })
  return { authorization: `Bearer ${token}` }
}
