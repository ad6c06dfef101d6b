import type { SilenceInfo } from '../../src/api/contract.ts'
import { Empty, Fault } from '../parts/notice.tsx'
import { Minute } from '../parts/time.tsx'
import { useMay } from '../session.ts'
import { RemoveButton } from './remove-button.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { useChange } from './use-change.ts'

export function SilenceSettings({ settings, changed }: SettingsPartProps) {
  const may = useMay('write')
  const { fault, send } = useChange(changed)
  const { silences } = settings
  if (silences.length === 0) {
    return (
      <Empty title="Nothing is silenced">
        Mute an alert where it stands, or write a maintenance window into <code>watch.yaml</code>.
      </Empty>
    )
  }
  return (
    <>
      {fault === undefined ? null : <Fault error={fault} />}
      <ul class="rows-list">
        {silences.map((silence) => (
          <li key={silence.id}>
            <div class="name">
              <strong>{aboutOf(silence, settings)}</strong>
              <span class="dim small">
                {silence.kind} from <Minute at={silence.startsAt} /> to <Minute at={silence.endsAt} />
                {silence.reason === '' ? '' : `: ${silence.reason}`}
              </span>
            </div>
            {may ? (
              <RemoveButton
                word="Lift"
                what={aboutOf(silence, settings)}
                remove={() => void send('DELETE', `/silences/${silence.id}`)}
              />
            ) : null}
          </li>
        ))}
      </ul>
    </>
  )
}

function aboutOf(silence: SilenceInfo, { endpoints, fleets }: SettingsPartProps['settings']): string {
  const parts = [
    endpoints.find(({ id }) => id === silence.endpointId)?.name ?? silence.endpointId,
    fleets.find(({ id }) => id === silence.fleetId)?.name ?? silence.fleetId,
  ].filter((part) => part !== undefined)
  if (silence.cause !== undefined && parts.length === 0) return 'one alert'
  return parts.length === 0 ? 'everything' : parts.join(', ')
}
