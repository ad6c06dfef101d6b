import { expect, test } from 'vitest'
import { CliError } from './cli-error.ts'
import { cannotListen } from './service.ts'

const refused = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall })

test.each([
  ['EADDRINUSE', 'listen', 8443, '--port'],
  ['EADDRNOTAVAIL', 'listen', 0, '--host'],
  ['EACCES', 'bind', 443, '--port'],
  ['ENOTFOUND', 'getaddrinfo', 8443, '--host'],
  ['EAI_AGAIN', 'getaddrinfo', 0, '--host'],
])('%s of %s is no fault of ours, and names the option', (code, syscall, port, at) => {
  const said = cannotListen(refused(code, syscall), ['ota.example.invalid'], port)
  expect(said).toBeInstanceOf(CliError)
  expect(said).toMatchObject({ code: 'cannot-listen', at, message: expect.stringContaining(code) })
})

test('any other error stays what it is', () => {
  const other = refused('EMFILE', 'open')
  expect(cannotListen(other, ['::1'], 0)).toBe(other)
})
