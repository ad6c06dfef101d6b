import { expect, test } from 'vitest'
import { azureObservation } from '../../test/support/verdict-fixture.ts'
import { listDevices } from '../device/catalogue.ts'
import { offerFor } from '../device/offer.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { readChecks } from './checks.ts'
import type { JudgeInput } from './judge-input.ts'

test.each([
  'full',
  'no-name',
  'none',
] as const)('with %s, the judge takes for unnamed exactly the hellos that hold no name', (verify) => {
  for (const device of listDevices(openCatalogue())) {
    const input = { device, verify, observation: azureObservation() } as JudgeInput
    const { sniDropped, sniNever } = readChecks(input)
    const { sni } = offerFor(device, { host: 'a.example', verify, sni: undefined })
    expect(sniDropped || sniNever, device.id).toBe(sni === undefined)
  }
})
