// Who may use which route: the one table. A route that is not in it is refused, and a test fails.
import type { Role } from '../store/store.ts'

/** `everyone` needs no account; `local` is viewer, or a request straight from this machine. */
export type Access = 'everyone' | 'local' | Role

export const access: { readonly [route: string]: Access } = {
  'GET /healthz': 'everyone',
  'GET /readyz': 'everyone',
  'GET /metrics': 'local',
  'GET /*': 'everyone',
  'HEAD /*': 'everyone',

  'GET /api/v1/setup': 'everyone',
  'POST /api/v1/setup': 'everyone',
  'POST /api/v1/login': 'everyone',
  'POST /api/v1/logout': 'viewer',
  'GET /api/v1/me': 'viewer',
  'POST /api/v1/me/password': 'viewer',

  'GET /api/v1/records': 'viewer',
  'GET /api/v1/histogram': 'viewer',
  'GET /api/v1/facets': 'viewer',
  'GET /api/v1/tail': 'viewer',
  'GET /api/v1/export': 'viewer',
  'GET /api/v1/query/check': 'viewer',
  'GET /api/v1/fields': 'viewer',

  'GET /api/v1/alerts': 'viewer',
  'GET /api/v1/alerts/:id': 'viewer',
  'POST /api/v1/alerts/:id/ack': 'analyst',
  'POST /api/v1/alerts/:id/close': 'analyst',
  'POST /api/v1/alerts/:id/comment': 'analyst',

  'GET /api/v1/rules': 'viewer',
  'GET /api/v1/hosts': 'viewer',
  'GET /api/v1/sources': 'viewer',
  'POST /api/v1/sources/:id/mute': 'analyst',
  'POST /api/v1/sources/:id/unmute': 'analyst',
  'POST /api/v1/sources/:id/retire': 'analyst',
  'GET /api/v1/status': 'viewer',
  'GET /api/v1/ledger': 'viewer',
  'GET /api/v1/openapi.json': 'viewer',

  'GET /api/v1/users': 'admin',
  'POST /api/v1/users': 'admin',
  'GET /api/v1/audit': 'admin',
  'POST /api/v1/users/:name/password': 'admin',
  'POST /api/v1/users/:name/remove': 'admin',

  // Everybody manages their own; an admin manages all.
  'GET /api/v1/tokens': 'viewer',
  'POST /api/v1/tokens': 'viewer',
  'POST /api/v1/tokens/:name/remove': 'viewer',
}

const ranks: { readonly [role in Role]: number } = { viewer: 0, analyst: 1, admin: 2 }

/** True when `role` may do what needs `needed`. */
export function mayDo(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed]
}
