import type { SilenceInfo } from '../../src/api/contract.ts'
import { Choice, Form, type Option, TextField } from '../parts/form.tsx'
import { Empty, Fault } from '../parts/notice.tsx'
import { Minute } from '../parts/time.tsx'
import { useMay } from '../session.ts'
import { formatCount } from '../words/figures.ts'
import { RemoveButton } from './remove-button.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf, useChange } from './use-change.ts'

export function SilenceSettings({ settings, changed }: SettingsPartProps) {
  const may = useMay('write')
  const { fault, send } = useChange(changed)
  const { silences } = settings
  return (
    <>
      {fault === undefined ? null : <Fault error={fault} />}
      {may ? <MaintenanceForm {...{ settings, changed }} /> : null}
      {silences.length === 0 ? (
        <Empty title="Nothing is silenced">
          Mute an alert where it stands, or plan a time here. Weekly windows stand in <code>watch.yaml</code>.
        </Empty>
      ) : null}
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

const hours = [1, 2, 4, 8, 24] as const

/** A time in which nobody is told; from now on, as one starts it when one starts work. */
function MaintenanceForm({ settings, changed }: SettingsPartProps) {
  const { fault, busy, send } = useChange(changed)
  const plan = async (form: HTMLFormElement) => {
    const { endpointId, fleetId, reason, length, startsAt } = fieldsOf(form)
    const start = startsAt === undefined ? Date.now() : new Date(startsAt).getTime()
    const endsAt = new Date(start + Number(length) * 3_600_000).toISOString()
    const body = {
      ...{ kind: 'maintenance', endpointId, fleetId, reason, endsAt },
      ...(startsAt === undefined ? {} : { startsAt: new Date(start).toISOString() }),
    }
    if ((await send('POST', '/silences', body)) !== undefined) form.reset()
  }
  return (
    <Form
      label="New maintenance window"
      word="Silence it"
      {...{ busy, fault }}
      send={(form) => void plan(form)}
    >
      <Choice label="Endpoint" name="endpointId" options={orAll(settings.endpoints)} />
      <Choice label="Fleet" name="fleetId" options={orAll(settings.fleets)} />
      <TextField label="From" name="startsAt" type="datetime-local" note="In your time zone; empty: now." />
      <Choice
        label="For"
        name="length"
        options={hours.map((count) => ({ value: String(count), word: formatCount(count, 'hour') }))}
      />
      <TextField label="Why" name="reason" whole required maxLength={200} placeholder="renewal by hand" />
    </Form>
  )
}

function orAll(items: readonly { readonly id: string; readonly name: string }[]): Option[] {
  return [{ value: '', word: 'all' }, ...items.map(({ id, name }) => ({ value: id, word: name }))]
}
