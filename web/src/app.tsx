// Which page stands behind which path; pages load when they are first opened.

import { useEffect } from 'preact/hooks'
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso'
import { session, sessionError, setupState, startSession } from './api/session.ts'
import { Login } from './pages/login.tsx'
import { NotFound } from './pages/not-found.tsx'
import { SetUp } from './pages/set-up.tsx'
import { Shell } from './shell/shell.tsx'
import { ErrorNotice } from './ui/notice.tsx'
import { PageBoundary } from './ui/page-boundary.tsx'

const Overview = lazy(() => import('./pages/overview.tsx').then(page => page.Overview))
const Search = lazy(() => import('./pages/search.tsx').then(page => page.Search))
const Alerts = lazy(() => import('./pages/alerts.tsx').then(page => page.Alerts))
const Hosts = lazy(() => import('./pages/hosts.tsx').then(page => page.Hosts))
const Rules = lazy(() => import('./pages/rules.tsx').then(page => page.Rules))
const System = lazy(() => import('./pages/system.tsx').then(page => page.System))

export function App() {
  if (sessionError.value)
    return <ErrorNotice error={sessionError.value} retry={() => void startSession() /* never throws */} />
  return (
    <LocationProvider>
      {session.value ? (
        <Shell>
          <PageBoundary>
            <ErrorBoundary>
              <Router>
                <Route path="/" component={Overview} />
                <Route path="/search" component={Search} />
                <Route path="/alerts" component={Alerts} />
                <Route path="/alerts/:id" component={Alerts} />
                <Route path="/hosts" component={Hosts} />
                <Route path="/rules" component={Rules} />
                <Route path="/system" component={System} />
                <Route path="/login" component={ToOverview} />
                <Route path="/setup" component={ToOverview} />
                <Route default component={NotFound} />
              </Router>
            </ErrorBoundary>
          </PageBoundary>
        </Shell>
      ) : (
        <Router>
          <Route path="/setup" component={setupState.value.needed && !setupState.value.expired ? SetUp : Login} />
          <Route default component={Login} />
        </Router>
      )}
    </LocationProvider>
  )
}

/** Where the pages for people without a session lead once they have one. */
function ToOverview() {
  const { route } = useLocation()
  useEffect(() => route('/', true), [])
  return null
}
