import { expect, test } from 'vitest'
import { deviceWord } from './device-word.ts'

test.each([
  ['its id', { id: 'esp-idf@5.2', asked: 'esp-idf' }, 'esp-idf@5.2'],
  ['the path of its profile', { id: 'box@1.0', asked: './box.yaml' }, './box.yaml'],
  [
    'the profile that its configuration makes',
    { id: 'esp-idf@5.2+sensor@any', asked: 'sensor', configuration: { file: 'app/sdkconfig', lines: {} } },
    './sdkconfig.yaml',
  ],
])('a device is named in commands by %s', (_, device, word) => {
  expect(deviceWord(device)).toBe(word)
})
