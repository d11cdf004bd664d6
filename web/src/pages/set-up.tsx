// First run: the token from the console's link makes the first admin.
import './door.css'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { ApiError } from '../api/request.ts'
import { setUp } from '../api/session.ts'
import { asApiError } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { Door, DoorError } from './door.tsx'

const minPasswordLength = 8

export function SetUp() {
  const { route } = useLocation()
  const [token, setToken] = useState(tokenOfLink)
  const [error, setError] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  // The token must not stay in the address bar or the history.
  useEffect(() => history.replaceState(null, '', '/setup'), [])
  const submit = async (form: HTMLFormElement) => {
    const values = new FormData(form)
    setBusy(true)
    try {
      await setUp(token, String(values.get('name')), String(values.get('password')))
      route('/', true)
    } catch (reason) {
      setError(asApiError(reason))
      setBusy(false)
    }
  }
  return (
    <Door title={t('setup.title')}>
      <p>{t('setup.lead')}</p>
      <form
        class="door-form"
        onSubmit={event => {
          event.preventDefault()
          void submit(event.currentTarget) // reports by its own state
        }}
      >
        <label class="field">
          <span>{t('setup.token')}</span>
          <input
            class="input"
            value={token}
            autocomplete="off"
            spellcheck={false}
            required
            onInput={event => setToken(event.currentTarget.value.trim())}
          />
        </label>
        <label class="field">
          <span>{t('login.name')}</span>
          <input
            class="input"
            name="name"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            pattern="[A-Za-z0-9._@\-]{1,64}"
            title={t('setup.nameRule')}
            required
            autofocus
          />
        </label>
        <label class="field">
          <span>{t('login.password')}</span>
          <input
            class="input"
            name="password"
            type="password"
            autocomplete="new-password"
            minLength={minPasswordLength}
            required
            aria-describedby="password-rule"
          />
          <span class="hint" id="password-rule">
            {t('setup.passwordRule', { n: minPasswordLength })}
          </span>
        </label>
        <DoorError error={error} />
        <button class="button primary" type="submit" disabled={busy}>
          {t('setup.submit')}
        </button>
      </form>
    </Door>
  )
}

function tokenOfLink(): string {
  const fragment = new URLSearchParams(location.hash.slice(1)).get('token')
  return fragment ?? new URLSearchParams(location.search).get('token') ?? ''
}
