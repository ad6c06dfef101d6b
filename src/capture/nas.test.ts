import { expect, test } from 'vitest'
import { nas } from '../../test/support/modem-writer.ts'
import { readNas } from './nas.ts'

const rejects = (bytes: Uint8Array) => {
  const read = readNas(bytes)
  return read.kind === 'plain' ? read.rejects : read.kind
}

test('an ATTACH REJECT gives its EMM cause and the words of the table', () => {
  expect(rejects(nas.attachReject15)).toEqual([
    { message: 'ATTACH REJECT', cause: 15, name: 'No Suitable Cells In tracking area' },
  ])
})

test('an ATTACH REJECT for an ESM failure gives the ESM cause that it carries too', () => {
  expect(rejects(nas.attachReject19Esm27)).toEqual([
    { message: 'ATTACH REJECT', cause: 19, name: 'ESM failure' },
    { message: 'PDN CONNECTIVITY REJECT', cause: 27, name: 'Missing or unknown APN' },
  ])
})

test('a message that is integrity protected only is read behind its security header', () => {
  expect(rejects(nas.protectedTauReject10)).toEqual([
    { message: 'TRACKING AREA UPDATE REJECT', cause: 10, name: 'Implicitly detached' },
  ])
})

test('service, authentication and PDN connectivity rejects are told apart', () => {
  expect(rejects(nas.serviceReject22)).toEqual([{ message: 'SERVICE REJECT', cause: 22, name: 'Congestion' }])
  expect(rejects(nas.authenticationReject)).toEqual([
    { message: 'AUTHENTICATION REJECT', cause: undefined, name: undefined },
  ])
  expect(rejects(nas.pdnReject33)).toEqual([
    { message: 'PDN CONNECTIVITY REJECT', cause: 33, name: 'Requested service option not subscribed' },
  ])
})

test('an ATTACH ACCEPT is told', () => {
  expect(readNas(nas.attachAccept)).toEqual({ kind: 'plain', rejects: [], accept: 'ATTACH ACCEPT' })
})

test('what is no reject gives none, and what is ciphered is not guessed at', () => {
  expect(rejects(nas.identityRequest)).toEqual([])
  expect(rejects(nas.serviceRequest)).toEqual([])
  expect(rejects(nas.ciphered)).toBe('ciphered')
  expect(rejects(Buffer.from([0x7e, 0x00, 0x44]))).toBe('unknown')
})

test('a reject that is cut before its cause has none; a cause that the table lacks keeps its number', () => {
  expect(rejects(nas.attachReject15.subarray(0, 2))).toEqual([
    { message: 'ATTACH REJECT', cause: undefined, name: undefined },
  ])
  expect(rejects(Buffer.from([0x07, 0x44, 200]))).toEqual([
    { message: 'ATTACH REJECT', cause: 200, name: undefined },
  ])
})

test('a container whose length lies does not reach beyond the message', () => {
  for (let end = 3; end < nas.attachReject19Esm27.length; end++) {
    const read = rejects(nas.attachReject19Esm27.subarray(0, end))
    expect(read[0]).toEqual({ message: 'ATTACH REJECT', cause: 19, name: 'ESM failure' })
  }
  const lies = Buffer.from(nas.attachReject19Esm27)
  lies.writeUInt16BE(0xffff, 4)
  expect(rejects(lies)).toHaveLength(2)
  lies.writeUInt16BE(3, 4)
  expect(rejects(lies)[1]).toEqual({ message: 'PDN CONNECTIVITY REJECT', cause: undefined, name: undefined })
})
