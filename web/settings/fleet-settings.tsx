import { useState } from 'preact/hooks'
import type { DeviceInfo, FleetEdit, FleetInfo } from '../../src/api/contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { useMay } from '../session.ts'
import { formatCount } from '../words/figures.ts'
import { RemoveButton } from './remove-button.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf, useChange } from './use-change.ts'

const verifyWords = {
  full: 'chain and name',
  'no-name': 'the chain, not the name',
  none: 'nothing',
} as const
const verifies = ['full', 'no-name', 'none'] as const

export function FleetSettings({ settings, changed }: SettingsPartProps) {
  const may = useMay('write')
  const [edited, setEdited] = useState<FleetInfo | 'new'>()
  const { fault, send } = useChange(changed)
  return (
    <>
      {fault === undefined ? null : <Fault error={fault} />}
      {may && edited === undefined ? (
        <p>
          <button type="button" class="main" onClick={() => setEdited('new')}>
            Add a fleet
          </button>
        </p>
      ) : null}
      {edited === undefined ? null : (
        <FleetForm
          key={edited === 'new' ? '' : edited.id}
          {...{ edited, changed }}
          done={() => setEdited(undefined)}
        />
      )}
      {settings.fleets.length === 0 ? (
        <Empty title="No fleet yet">
          A fleet is a device type, how many of it are out there, and the roots that they hold.
        </Empty>
      ) : (
        <ul class="rows-list">
          {settings.fleets.map((fleet) => (
            <li key={fleet.id}>
              <div class="name">
                <strong>{fleet.name}</strong>
                <span class="dim small">
                  <a href={formatRoute(['devices', fleet.device])}>{fleet.device}</a>,{' '}
                  {formatCount(fleet.count, 'device')},{' '}
                  {fleet.anchors === undefined ? 'roots not known' : formatCount(fleet.anchors, 'root')}
                  {fleet.verify === 'full' ? '' : `, verifies ${verifyWords[fleet.verify]}`}
                </span>
              </div>
              {fleet.origin === 'file' ? (
                <span class="dim small">in watch.yaml</span>
              ) : may ? (
                <span class="buttons">
                  <button type="button" class="plain" onClick={() => setEdited(fleet)}>
                    Edit<span class="unseen-text"> {fleet.name}</span>
                  </button>
                  <RemoveButton
                    what={fleet.name}
                    remove={() => void send('DELETE', `/fleets/${encodeURIComponent(fleet.id)}`)}
                  />
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function FleetForm(props: {
  readonly edited: FleetInfo | 'new'
  readonly changed: () => void
  readonly done: () => void
}) {
  const { fault, busy, send } = useChange(props.changed)
  const devices = useAnswer<readonly DeviceInfo[]>('/devices')
  const known = props.edited === 'new' ? undefined : props.edited
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const { name, device = '', count, anchorsPem, verify } = fieldsOf(event.currentTarget as HTMLFormElement)
    const edit: FleetEdit = {
      ...{ name, device, count: Number(count), anchorsPem },
      verify: verifies.find((mode) => mode === verify),
    }
    const path = known === undefined ? '/fleets' : `/fleets/${encodeURIComponent(known.id)}`
    if ((await send(known === undefined ? 'POST' : 'PUT', path, edit)) !== undefined) props.done()
  }
  return (
    <form class="form" onSubmit={save} aria-label={known === undefined ? 'New fleet' : `Edit ${known.name}`}>
      <label class="field">
        <span>Device</span>
        <input
          name="device"
          required
          list="device-ids"
          maxLength={200}
          placeholder="nrf9160@1.3.7"
          defaultValue={known?.device}
        />
        <datalist id="device-ids">
          {devices.data?.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </datalist>
      </label>
      <label class="field">
        <span>How many</span>
        <input
          name="count"
          type="number"
          min="0"
          step="1"
          required
          defaultValue={known === undefined ? undefined : String(known.count)}
        />
      </label>
      <label class="field">
        <span>Name</span>
        <input name="name" maxLength={200} placeholder="as the device" defaultValue={known?.name} />
      </label>
      <label class="field">
        <span>They verify</span>
        <select name="verify">
          {verifies.map((mode) => (
            <option key={mode} value={mode} selected={mode === (known?.verify ?? 'full')}>
              {verifyWords[mode]}
            </option>
          ))}
        </select>
      </label>
      <label class="field whole">
        <span>Roots that they hold (PEM)</span>
        <textarea name="anchorsPem" rows={5} spellcheck={false} placeholder="-----BEGIN CERTIFICATE-----" />
        <span class="small dim">
          {known === undefined
            ? 'Without them it stays open whether the chain ends at a root that they hold.'
            : 'Left empty, those that are known stay.'}
        </span>
      </label>
      {fault === undefined ? null : (
        <div class="whole">
          <Fault error={fault} />
        </div>
      )}
      <div class="buttons whole">
        <button type="submit" class="main" disabled={busy}>
          {known === undefined ? 'Add it' : 'Save'}
        </button>
        <button type="button" class="plain" onClick={props.done}>
          Leave
        </button>
      </div>
    </form>
  )
}
