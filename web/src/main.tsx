// The dashboard starts here: theme, language, who is signed in, then the pages.
import './style/tokens.css'
import './style/base.css'
import './ui/ui.css'
import { render } from 'preact'
import { startSession } from './api/session.ts'
import { App } from './app.tsx'
import { startLanguage } from './i18n/i18n.ts'
import { startTheme } from './ui/theme.ts'

startTheme()
await Promise.all([startLanguage(), startSession()])
const root = document.getElementById('root')
if (!root) throw new Error('BUG: index.html has no #root')
render(<App />, root)
