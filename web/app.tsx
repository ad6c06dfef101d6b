import type { VNode } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { AlertInfo, SessionInfo } from '../src/api/contract.ts'
import { AlertsPage } from './alerts/alerts-page.tsx'
import { AskError, ask, keepCsrf } from './api/ask.ts'
import { openLive, useLive, useLiveState } from './api/live.ts'
import { useAnswer } from './api/use-answer.ts'
import { DevicesPage } from './devices/devices-page.tsx'
import { EndpointPage } from './endpoint/endpoint-page.tsx'
import { ForecastPage } from './forecast/forecast-page.tsx'
import { LivePage } from './live/live-page.tsx'
import { LoginPage } from './login/login-page.tsx'
import { OverviewPage } from './overview/overview-page.tsx'
import { Fault, Waiting } from './parts/notice.tsx'
import { ThemeSwitch } from './parts/theme-switch.tsx'
import { useChosenInSight } from './parts/use-chosen-in-sight.ts'
import { PlaygroundPage } from './playground/playground-page.tsx'
import { formatRoute, type Route, useRoute } from './route.ts'
import { SessionContext } from './session.ts'
import { isSettingsPart, SettingsPage } from './settings/settings-page.tsx'

const places = [
  ['', 'Overview'],
  ['alerts', 'Alerts'],
  ['forecast', 'Forecast'],
  ['running', 'Running'],
  ['playground', 'Playground'],
  ['devices', 'Devices'],
  ['settings', 'Settings'],
] as const

export function App() {
  const [session, setSession] = useState<SessionInfo>()
  const [fault, setFault] = useState<AskError>()
  const load = useCallback(async () => {
    try {
      const info = await ask<SessionInfo>('/session')
      keepCsrf(info.csrf)
      setFault(undefined)
      setSession(info)
      openLive()
    } catch (error) {
      setFault(error instanceof AskError ? error : new AskError(0, String(error)))
    }
  }, [])
  useEffect(() => void load(), [load])

  if (session !== undefined) {
    return (
      <SessionContext.Provider value={session}>
        <Shell session={session} />
      </SessionContext.Provider>
    )
  }
  if (fault?.status === 401 || fault?.status === 403) return <LoginPage done={load} />
  return (
    <main class="narrow">
      {fault === undefined ? <Waiting what="Opening" /> : <Fault error={fault} again={() => void load()} />}
    </main>
  )
}

function Shell({ session }: { readonly session: SessionInfo }) {
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  const place = route.path[0] ?? ''
  const page = pageOf(route)
  const title =
    page === undefined
      ? 'No such page'
      : (places.find(([path]) => path === place)?.[1] ?? route.path[1] ?? 'tlsfit')
  const at = route.path.join('/')
  const before = useRef(at)
  const pages = useChosenInSight<HTMLElement>(place)
  useEffect(() => {
    document.title = `${title} · tlsfit`
    // Another page: who reads by ear or keyboard goes on at its beginning.
    if (before.current !== at) {
      main.current?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    before.current = at
  }, [title, at])
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <header class="bar">
        <a class="brand" href={formatRoute([])}>
          <Mark />
          tlsfit
        </a>
        <nav aria-label="Pages" ref={pages}>
          <ul>
            {places
              .filter(([path]) => path !== 'running' || session.views)
              .map(([path, word]) => (
                <li key={path}>
                  <a
                    href={formatRoute(path === '' ? [] : [path])}
                    aria-current={path === place ? 'page' : undefined}
                  >
                    {word}
                    {path === 'alerts' ? <OpenAlerts /> : null}
                  </a>
                </li>
              ))}
          </ul>
        </nav>
        <div class="end">
          <LiveMark />
          <ThemeSwitch />
          {session.login === 'none' ? null : <LogOut subject={session.subject} />}
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        {page ?? <NoPage route={route} />}
      </main>
    </>
  )
}

/** Undefined where no page has that address. */
function pageOf({ path, query }: Route): VNode | undefined {
  const [place = '', id, ...more] = path
  if (more.length > 0) return undefined
  switch (place) {
    case 'endpoints':
      return id === undefined ? undefined : <EndpointPage key={id} id={id} query={query} />
    case 'running':
      return <LivePage id={id} />
    case 'devices':
      return <DevicesPage id={id} />
    case 'settings':
      return isSettingsPart(id) ? <SettingsPage part={id} /> : undefined
  }
  if (id !== undefined) return undefined
  switch (place) {
    case '':
      return <OverviewPage query={query} />
    case 'alerts':
      return <AlertsPage query={query} />
    case 'forecast':
      return <ForecastPage />
    case 'playground':
      return <PlaygroundPage />
  }
}

function NoPage({ route }: { readonly route: Route }) {
  return (
    <div class="narrow">
      <h1>No such page</h1>
      <p>
        Nothing is at <code>{formatRoute(route.path)}</code>. <a href={formatRoute([])}>To the overview</a>
      </p>
    </div>
  )
}

/** Open ones that nobody has acknowledged. */
function OpenAlerts() {
  const alerts = useAnswer<readonly AlertInfo[]>('/alerts?open=true&limit=100')
  useLive(({ kind }) => kind === 'alert', alerts.reload)
  const waiting = alerts.data?.filter(
    ({ acknowledgedAt, severity }) => acknowledgedAt === undefined && severity === 'critical',
  ).length
  if (waiting === undefined || waiting === 0) return null
  return (
    <span class="count">
      {waiting >= 100 ? '99+' : waiting}
      <span class="unseen-text"> critical</span>
    </span>
  )
}

function LiveMark() {
  const state = useLiveState()
  const words = { waiting: 'connecting', live: 'live', lost: 'connection lost' } as const
  return (
    <span class={`live is-${state}`} role="status">
      {words[state]}
    </span>
  )
}

function LogOut({ subject }: { readonly subject: string }) {
  const leave = async () => {
    await ask('/session', { method: 'DELETE' }).catch(() => undefined)
    location.reload()
  }
  return (
    <button type="button" class="plain" title={subject} onClick={() => void leave()}>
      Log out
    </button>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="M1 2.5h11v2.4H1zM1 6.8h8v2.4H1zM1 11.1h5v2.4H1z" fill="currentColor" />
      <path d="M14 1v14" stroke="var(--accent)" stroke-width="2" />
    </svg>
  )
}
