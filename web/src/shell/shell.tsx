// The frame of every page: navigation, who is signed in, language, theme, the keys that work everywhere.
import './shell.css'
import {
  Activity,
  Bell,
  CircleHelp,
  House,
  LogOut,
  Monitor,
  Moon,
  ScrollText,
  Search,
  Server,
  Sun,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { alertsChanged } from '../alerts/alerts-changed.ts'
import type { AlertsAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { session, signOut } from '../api/session.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { type Language, language, languages, setLanguage, t } from '../i18n/i18n.ts'
import { useKeys } from '../keyboard/keys.ts'
import { number } from '../time/format.ts'
import { setTheme, theme, themes } from '../ui/theme.ts'
import { KeyboardHelp } from './keyboard-help.tsx'

const pages = [
  { path: '/', key: 'nav.overview', icon: House, letter: 'o' },
  { path: '/search', key: 'nav.search', icon: Search, letter: 's' },
  { path: '/alerts', key: 'nav.alerts', icon: Bell, letter: 'a' },
  { path: '/hosts', key: 'nav.hosts', icon: Server, letter: 'h' },
  { path: '/rules', key: 'nav.rules', icon: ScrollText, letter: 'r' },
  { path: '/system', key: 'nav.system', icon: Activity, letter: 'y' },
] as const

export function Shell({ children }: { children: ComponentChildren }) {
  const { path, route } = useLocation()
  const [helpOpen, setHelpOpen] = useState(false)
  useKeys({
    ...Object.fromEntries(pages.map(page => [`g ${page.letter}`, () => route(page.path)])),
    '?': () => setHelpOpen(true),
    Escape: () => leave(path, route),
  })
  useTitle(path)
  useFreshPage(path)
  return (
    <div class="shell">
      <a class="skip-link" href="#main" onClick={skipToMain}>
        {t('shell.skip')}
      </a>
      <header class="side">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Picket
        </a>
        <nav aria-label={t('shell.pages')}>
          <ul>
            {pages.map(page => (
              <li key={page.path}>
                <a class="nav-link" href={page.path} aria-current={isCurrent(page.path, path) ? 'page' : undefined}>
                  <page.icon size={18} aria-hidden="true" />
                  <span>{t(page.key)}</span>
                  {page.path === '/alerts' && <OpenAlerts />}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-foot">
          <LanguageChoice />
          <div class="side-tools">
            <ThemeButton />
            <button
              type="button"
              class="button quiet square"
              title={t('help.title')}
              aria-label={t('help.title')}
              onClick={() => setHelpOpen(true)}
            >
              <CircleHelp size={18} aria-hidden="true" />
            </button>
            <button
              type="button"
              class="button quiet square"
              title={t('shell.signOut', { name: session.value?.user.name ?? '' })}
              aria-label={t('shell.signOut', { name: session.value?.user.name ?? '' })}
              onClick={() => void signOut() /* never throws */}
            >
              <LogOut size={18} aria-hidden="true" />
            </button>
          </div>
          <p class="hint side-user">
            {session.value?.user.name} · {session.value?.version}
          </p>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {helpOpen && <KeyboardHelp close={() => setHelpOpen(false)} />}
    </div>
  )
}

const alertsEveryMs = 20_000

function OpenAlerts() {
  const alerts = useResource(`open ${alertsChanged.value}`, signal =>
    get<AlertsAnswer>('alerts', { state: 'open', limit: 1 }, signal),
  )
  useEvery(alertsEveryMs, alerts.reload)
  const open = alerts.data?.counts.open ?? 0
  if (open === 0) return null
  return (
    <span class="nav-count">
      {number(open)}
      <span class="visually-hidden"> {t('alerts.state.open')}</span>
    </span>
  )
}

function ThemeButton() {
  const Icon = { system: Monitor, light: Sun, dark: Moon }[theme.value]
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system'
  const label = t('shell.theme', { theme: t(`theme.${theme.value}`) })
  return (
    <button type="button" class="button quiet square" title={label} aria-label={label} onClick={() => setTheme(next)}>
      <Icon size={18} aria-hidden="true" />
    </button>
  )
}

export function LanguageChoice() {
  return (
    <label class="language">
      <span class="visually-hidden">{t('shell.language')}</span>
      <select
        value={language()}
        onChange={event => void setLanguage(event.currentTarget.value as Language) /* the options are the languages */}
      >
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function useTitle(path: string): void {
  const page = pages.find(each => isCurrent(each.path, path))
  const title = page ? `${t(page.key)} – Picket` : 'Picket'
  useEffect(() => {
    document.title = title
  }, [title])
}

/** Another page starts at its top, for the eye and for a screen reader. */
function useFreshPage(path: string): void {
  const page = path.split('/')[1] ?? ''
  const shown = useRef(page)
  useEffect(() => {
    if (shown.current === page) return
    shown.current = page
    const main = document.getElementById('main')
    main?.scrollTo(0, 0)
    main?.focus({ preventScroll: true })
  }, [page])
}

function isCurrent(page: string, path: string): boolean {
  return page === '/' ? path === '/' : path === page || path.startsWith(`${page}/`)
}

/** Esc on an alert goes back to the inbox. */
function leave(path: string, route: (url: string) => void): void {
  if (path.startsWith('/alerts/')) route(`/alerts${location.search}`)
}

/** A plain fragment link would leave `#main` in the URL. */
function skipToMain(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
