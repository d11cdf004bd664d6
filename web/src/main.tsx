// The dashboard starts here: theme, language, who is signed in, then the pages.
import './style/tokens.css'
import './style/base.css'
import './ui/ui.css'
import { render } from 'preact'
import { startSession } from './api/session.ts'
import { App } from './app.tsx'
import { startLanguage } from './i18n/i18n.ts'
import { startTheme } from './ui/theme.ts'

// After an update the pages of the old version are gone: load the new ones, once.
addEventListener('vite:preloadError', () => {
  if (sessionStorage.getItem('picket.reloaded') === location.pathname) return
  sessionStorage.setItem('picket.reloaded', location.pathname)
  location.reload()
})
startTheme()
await Promise.all([startLanguage(), startSession()])
const root = document.getElementById('root')
if (!root) throw new Error('BUG: index.html has no #root')
render(<App />, root)
