import type { Settings } from '../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Fault, Waiting } from '../parts/notice.tsx'
import { useChosenInSight } from '../parts/use-chosen-in-sight.ts'
import { formatRoute } from '../route.ts'
import { useMay } from '../session.ts'
import { AuditLog } from './audit-log.tsx'
import { ChannelSettings } from './channel-settings.tsx'
import { EndpointSettings } from './endpoint-settings.tsx'
import { FleetSettings } from './fleet-settings.tsx'
import { SilenceSettings } from './silence-settings.tsx'
import { TokenSettings } from './token-settings.tsx'
import { WorkerSettings } from './worker-settings.tsx'

const parts = [
  ['endpoints', 'Endpoints', EndpointSettings],
  ['fleets', 'Fleets', FleetSettings],
  ['channels', 'Channels', ChannelSettings],
  ['silences', 'Silences', SilenceSettings],
  ['tokens', 'Tokens', TokenSettings],
  ['workers', 'Workers', WorkerSettings],
  ['audit', 'Audit log', AuditLog],
] as const

export interface SettingsPartProps {
  readonly settings: Settings
  readonly changed: () => void
}

/** Whether there are such settings; undefined: those that come first. */
export function isSettingsPart(part: string | undefined): boolean {
  return part === undefined || parts.some(([id]) => id === part)
}

export function SettingsPage({ part = 'endpoints' }: { readonly part?: string | undefined }) {
  const { data, error, reload } = useAnswer<Settings>('/settings')
  const may = useMay('write')
  const admin = useMay('admin')
  useLive(({ kind }) => kind === 'settings', reload)
  const [name, title, Part] = parts.find(([id]) => id === part) ?? parts[0]
  const tabs = useChosenInSight<HTMLUListElement>(name)
  return (
    <div class="narrow settings">
      <div class="page-head">
        <h1>Settings</h1>
        {may ? null : <p class="dim">You may read them; a token with a wider scope may change them.</p>}
      </div>
      <nav class="tabs" aria-label="Settings">
        <ul ref={tabs}>
          {parts
            .filter(([id]) => id !== 'audit' || admin)
            .map(([id, word]) => (
              <li key={id}>
                <a href={formatRoute(['settings', id])} aria-current={id === name ? 'page' : undefined}>
                  {word}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <section aria-labelledby="part">
        <h2 id="part" class="unseen-text">
          {title}
        </h2>
        {error === undefined ? null : <Fault error={error} again={reload} />}
        {data === undefined ? (
          error === undefined ? (
            <Waiting lines={8} what="Loading the settings" />
          ) : null
        ) : (
          <Part settings={data} changed={reload} />
        )}
      </section>
    </div>
  )
}
