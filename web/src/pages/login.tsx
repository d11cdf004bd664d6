// Sign in. A first run without an admin is told where the set-up link is.
import './door.css'
import { useState } from 'preact/hooks'
import type { ApiError } from '../api/request.ts'
import { setupState, signIn } from '../api/session.ts'
import { asApiError } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { Door, DoorError } from './door.tsx'

export function Login() {
  const [error, setError] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  if (setupState.value.needed) return <SetupWaits />
  const submit = async (form: HTMLFormElement) => {
    const values = new FormData(form)
    setBusy(true)
    try {
      await signIn(String(values.get('name')), String(values.get('password')))
    } catch (reason) {
      setError(asApiError(reason))
      setBusy(false)
    }
  }
  return (
    <Door title={t('login.title')}>
      <form
        class="door-form"
        onSubmit={event => {
          event.preventDefault()
          void submit(event.currentTarget) // reports by its own state
        }}
      >
        <label class="field">
          <span>{t('login.name')}</span>
          <input
            class="input"
            name="name"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            autofocus
          />
        </label>
        <label class="field">
          <span>{t('login.password')}</span>
          <input class="input" name="password" type="password" autocomplete="current-password" required />
        </label>
        <DoorError error={error} />
        <button class="button primary" type="submit" disabled={busy}>
          {t('login.submit')}
        </button>
      </form>
    </Door>
  )
}

function SetupWaits() {
  return (
    <Door title={t('setup.title')}>
      <p>{setupState.value.expired ? t('setup.expired') : t('setup.where')}</p>
      <pre class="snippet">journalctl -u picket | grep setup</pre>
    </Door>
  )
}
