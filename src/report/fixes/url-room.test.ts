import { expect, test } from 'vitest'
import { liveObservation } from '../../../test/support/verdict-fixture.ts'
import { resolveDevice } from '../../device/catalogue.ts'
import { openCatalogue } from '../../io/catalogue-files.ts'
import { deviceFixes } from './device-fixes.ts'

const catalogue = openCatalogue()
const { target } = liveObservation('https://example.com/fw.bin', '192.0.2.1')

test.each([
  ['nrf9160@1.3.7+ncs@2.4.2', ['CONFIG_DOWNLOAD_CLIENT_MAX_FILENAME_SIZE']],
  [
    'nrf9160@1.3.7+ncs@3.0.0',
    ['CONFIG_DOWNLOADER_MAX_FILENAME_SIZE', 'CONFIG_FOTA_DOWNLOAD_FILE_NAME_LENGTH'],
  ],
])('%s: room for a path is set by %j', (id, settings) => {
  const device = resolveDevice(id, catalogue)
  const lines = deviceFixes['raise-path-limit'].commands({ device, target, facts: { pathBytes: 900 } })
  expect(lines.map((line) => line.split('=')[0])).toEqual(settings)
  expect(lines.every((line) => Number(line.split('=')[1]) > 900)).toBe(true)
})
