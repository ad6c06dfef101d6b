import type { DeviceInfo, FleetEdit, FleetInfo } from '../../src/api/contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Choice, Field, TextField } from '../parts/form.tsx'
import { Empty } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { formatCount } from '../words/figures.ts'
import { EditedForm } from './edited-form.tsx'
import { EditedList } from './edited-list.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf } from './use-change.ts'

const verifyWords = {
  full: 'chain and name',
  'no-name': 'the chain, not the name',
  none: 'nothing',
} as const
const verifies = ['full', 'no-name', 'none'] as const

export function FleetSettings({ settings, changed }: SettingsPartProps) {
  return (
    <EditedList
      items={settings.fleets}
      path="/fleets"
      add="Add a fleet"
      empty={
        <Empty title="No fleet yet">
          A fleet is a device type, how many of it are out there, and the roots that they hold.
        </Empty>
      }
      about={(fleet) => (
        <>
          <strong>{fleet.name}</strong>
          <span class="dim small">
            <a href={formatRoute(['devices', fleet.device])}>{fleet.device}</a>,{' '}
            {formatCount(fleet.count, 'device')},{' '}
            {fleet.anchors === undefined ? 'roots not known' : formatCount(fleet.anchors, 'root')}
            {fleet.verify === 'full' ? '' : `, verifies ${verifyWords[fleet.verify]}`}
          </span>
        </>
      )}
      form={(known, done) => <FleetForm {...{ changed, known, done }} />}
      changed={changed}
    />
  )
}

function FleetForm(props: {
  readonly known: FleetInfo | undefined
  readonly changed: () => void
  readonly done: () => void
}) {
  const { known, changed, done } = props
  const devices = useAnswer<readonly DeviceInfo[]>('/devices')
  const editOf = (form: HTMLFormElement): FleetEdit => {
    const { name, device = '', count, anchorsPem, verify } = fieldsOf(form)
    return {
      ...{ name, device, count: Number(count), anchorsPem },
      verify: verifies.find((mode) => mode === verify),
    }
  }
  return (
    <EditedForm path="/fleets" label="New fleet" word="Add it" {...{ known, editOf, changed, done }}>
      <TextField
        label="Device"
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
      <TextField
        label="How many"
        name="count"
        type="number"
        min="0"
        step="1"
        required
        defaultValue={known === undefined ? undefined : String(known.count)}
      />
      <TextField
        label="Name"
        name="name"
        maxLength={200}
        placeholder="as the device"
        defaultValue={known?.name}
      />
      <Choice
        label="They verify"
        name="verify"
        chosen={known?.verify ?? 'full'}
        options={verifies.map((value) => ({ value, word: verifyWords[value] }))}
      />
      <Field
        label="Roots that they hold (PEM)"
        whole
        note={
          known === undefined
            ? 'Without them it stays open whether the chain ends at a root that they hold.'
            : 'Left empty, those that are known stay.'
        }
      >
        <textarea name="anchorsPem" rows={5} spellcheck={false} placeholder="-----BEGIN CERTIFICATE-----" />
      </Field>
    </EditedForm>
  )
}
