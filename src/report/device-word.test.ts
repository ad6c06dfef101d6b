import { expect, test } from 'vitest'
import { azureVerdict, finding, nrf9160 } from '../../test/support/verdict-fixture.ts'
import { deviceWord, profileFirst } from './device-word.ts'
import { formatFix } from './fixes.ts'
import { formatMissing } from './missing-words.ts'

const configuration = { file: 'app/sdkconfig', lines: {}, id: undefined, stack: undefined, mfl: undefined }
const sensor = { id: 'esp-idf@5.2+sensor@any', asked: 'sensor', configuration }
const overModem = {
  id: 'nrf9160@1.3.7+ncs@2.7.0+prj.conf@any',
  asked: 'prj.conf',
  configuration: {
    ...configuration,
    file: 'prj.conf',
    id: 'nrf9160@1.3.7+ncs@2.7.0',
    stack: 'nrf9160@1.3.7+ncs@2.7.0',
  },
}

test.each([
  ['its id', { id: 'esp-idf@5.2', asked: 'esp-idf' }, 'esp-idf@5.2'],
  ['the path of its profile', { id: 'box@1.0', asked: './box.yaml' }, './box.yaml'],
  ['the profile that its configuration makes', sensor, './sdkconfig.yaml'],
  ['that profile over the device that it configures', overModem, 'nrf9160@1.3.7+ncs@2.7.0+./prj.conf.yaml'],
])('a device is named in commands by %s', (_, device, word) => {
  expect(deviceWord(device)).toBe(word)
})

const make = 'tlsfit devices from-config app/sdkconfig > sdkconfig.yaml'
const check = 'tlsfit check https://a.example --device ./sdkconfig.yaml'

test('the profile is made before the first command that names it, and only there', () => {
  expect(profileFirst(sensor, [check])).toEqual([make, check])
  const gateway = ["    devices: ['./sdkconfig.yaml']", 'tlsfit gateway gateway.yaml']
  expect(profileFirst(sensor, gateway)).toEqual([gateway[0], make, gateway[1]])
  expect(profileFirst(sensor, ['openssl version'])).toEqual(['openssl version'])
  expect(profileFirst({ id: 'esp-idf@5.2', asked: 'esp-idf' }, [check])).toEqual([check])
})

test('it is made with the options that the plan gave', () => {
  const told = {
    ...sensor,
    configuration: { ...configuration, file: 'my app/sdkconfig', stack: 'esp-idf@4.4', mfl: 1024 } as const,
  }
  expect(profileFirst(told, [check])[0]).toBe(
    "tlsfit devices from-config 'my app/sdkconfig' --stack esp-idf@4.4 --mfl 1024 > sdkconfig.yaml",
  )
  expect(profileFirst(overModem, [`tlsfit check x --device ${deviceWord(overModem)}`])[0]).toBe(
    'tlsfit devices from-config prj.conf --stack nrf9160@1.3.7+ncs@2.7.0 > prj.conf.yaml',
  )
})

test('commands of cures and of what is missing make it, too', () => {
  const verdict = azureVerdict({ device: nrf9160({ ...sensor }) })
  const { target } = verdict.observation
  const [expired] = [
    finding('cert-expired', {
      index: 0,
      subject: 'a.example',
      notAfter: new Date(0),
      daysAgo: 3,
      deviceChecks: 'unknown',
    }),
  ]
  const renew = formatFix({ id: 'renew-certificate', with: {} }, expired!, verdict.device, target)
  expect(renew.commands[0]).toBe(make)
  const missing = formatMissing({ needs: 'anchor', why: 'not known', about: undefined }, verdict)
  expect(missing.command).toMatch(
    new RegExp(`^${make} && tlsfit check .* --device ./sdkconfig.yaml --anchor root.pem$`),
  )
})
