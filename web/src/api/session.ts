// Who is signed in. `undefined`: not known yet; `null`: nobody.
import { signal } from '@preact/signals'
import type { SessionAnswer, SetupAnswer } from './answers.ts'
import { ApiError, get, keepCsrfToken, onSignedOut, post } from './request.ts'

export const session = signal<SessionAnswer | null | undefined>(undefined)
/** Why the session could not be read, when the server could not be asked. */
export const sessionError = signal<ApiError | undefined>(undefined)
/** No admin exists yet: the console shows the link for the first one. */
export const setupState = signal<SetupAnswer>({ needed: false, expired: false })

/** Asks the server who we are; never throws. */
export async function startSession(): Promise<void> {
  sessionError.value = undefined
  // An expired session leads to the login page; the URL stays, so that signing in goes on where it was.
  onSignedOut(() => {
    if (session.value) session.value = null
  })
  try {
    begin(await get<SessionAnswer>('me'))
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) {
      sessionError.value = error instanceof ApiError ? error : new ApiError(0, 'UNEXPECTED', String(error))
      return
    }
    setupState.value = await get<SetupAnswer>('setup').catch(() => ({ needed: false, expired: false }))
    session.value = null
  }
}

/** Errors: ApiError UNAUTHENTICATED, RATE_LIMITED, NETWORK. */
export async function signIn(name: string, password: string): Promise<void> {
  begin(await post<SessionAnswer>('login', { name, password }))
}

/** Makes the first admin and signs in. Errors: ApiError. */
export async function setUp(token: string, name: string, password: string): Promise<void> {
  begin(await post<SessionAnswer>('setup', { token, name, password }))
  setupState.value = { needed: false, expired: false }
}

export async function signOut(): Promise<void> {
  await post('logout').catch(() => undefined) // the session also ends by itself
  session.value = null
}

/** May decide about alerts and sources. */
export function isAnalyst(): boolean {
  const role = session.value?.user.role
  return role === 'analyst' || role === 'admin'
}

function begin(answer: SessionAnswer): void {
  keepCsrfToken(answer.csrf ?? '')
  session.value = answer
}
