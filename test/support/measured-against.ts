import { measuredDevice } from '../../src/cli/measure-results.ts'
import type { MeasuredDevice } from '../../src/report/measured-text.ts'
import { catalogueDevice } from './catalogue-devices.ts'
import { examine } from './examine.ts'
import type { ModelDevice } from './model-device.ts'

/** A model device after its whole exam, compared with a device of the catalogue. */
export function measuredAgainst(model: ModelDevice, id: string): MeasuredDevice {
  return measuredDevice('192.0.2.1 0123456789abcdef', examine(model), {
    known: catalogueDevice(id),
    version: '0.0.0',
  })
}
