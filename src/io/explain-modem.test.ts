import { expect, test } from 'vitest'
import { writePcapng } from '../../test/support/capture-writer.ts'
import { tcpPackets } from '../../test/support/ip-writer.ts'
import { exportedPdu, nas } from '../../test/support/modem-writer.ts'
import { showLine } from '../log/log-line.ts'
import { captureJson } from '../report/capture-json.ts'
import { formatSessions } from '../report/sessions-text.ts'
import { openCatalogue } from './catalogue-files.ts'
import { explain } from './explain.ts'
import { type CaptureExplained, explainCapture } from './explain-capture.ts'

const catalogue = openCatalogue()
const at = (text: string) => exportedPdu('at', Buffer.from(text))
const plain = (message: Buffer) => exportedPdu('nas-eps_plain', message)

async function explainTrace(payloads: readonly Uint8Array[]): Promise<CaptureExplained> {
  const frames = payloads.map((bytes, index) => ({ timeMs: 1_700_000_000_000 + index * 1000, bytes }))
  const file = writePcapng(frames, { interfaces: [{ linkType: 252 }] })
  return explainCapture({
    source: {
      name: 'trace.pcapng',
      path: undefined,
      totalBytes: undefined,
      chunks: (async function* () {
        yield file
      })(),
    },
    catalogue,
    knownRoots: [],
    device: undefined,
    anchors: undefined,
    verify: 'full',
    now: new Date('2026-01-01'),
  })
}

const page = (read: CaptureExplained) => formatSessions(read, { color: false, columns: 110 })
const causesOf = ({ modem }: CaptureExplained) => modem?.ranking.causes.map(({ id }) => id)

test('an attach that was rejected is no network, with the frame and the cause in words', async () => {
  const read = await explainTrace([at('AT+CFUN=1\r\n'), plain(nas.attachReject15)])
  expect(causesOf(read)).toEqual(['no-network'])
  expect(read.modem?.ranking).toMatchObject({ decided: true, causes: [{ confidence: 'certain' }] })
  const text = page(read)
  expect(text).toContain('CAUSE     the device has no data connection  (no-network)')
  expect(text).toMatch(
    /frame 2 {2}NAS ATTACH REJECT, EMM cause 15: .*no suitable cells in this tracking area/,
  )
})

test('every reject of an attach or of a data connection speaks for no network alone', async () => {
  for (const message of [
    nas.attachReject19Esm27,
    nas.serviceReject22,
    nas.authenticationReject,
    nas.pdnReject33,
  ])
    expect(causesOf(await explainTrace([plain(message)]))).toEqual(['no-network'])
})

test('a tracking area update that is rejected as implicitly detached decides nothing: the modem attaches anew', async () => {
  const read = await explainTrace([exportedPdu('nas-eps', nas.protectedTauReject10)])
  expect(read.modem?.ranking.failed).toBe(false)
  expect(read.modem?.ranking.decided).toBe(false)
})

test('an ATTACH ACCEPT behind the reject takes the cause away', async () => {
  const read = await explainTrace([plain(nas.attachReject15), plain(nas.attachAccept)])
  expect(causesOf(read)).toEqual([])
})

test('IP packets behind the reject show that there was a network', async () => {
  const packet = tcpPackets([])[0]!
  const read = await explainTrace([plain(nas.attachReject15), exportedPdu('ip', packet.bytes)])
  expect(causesOf(read)).toEqual([])
  expect(page(read)).toContain('there was a network all the same: frame 2')
  const before = await explainTrace([exportedPdu('ip', packet.bytes), plain(nas.attachReject15)])
  expect(causesOf(before)).toEqual(['no-network'])
})

test('ciphered NAS messages behind the reject leave it open: one of them may be the accept', async () => {
  const read = await explainTrace([plain(nas.attachReject15), exportedPdu('nas-eps', nas.ciphered)])
  expect(read.modem?.ranking).toMatchObject({ decided: false, causes: [{ confidence: 'possible' }] })
  expect(page(read)).toContain('ciphered NAS messages follow the last failure')
})

test('AT answers are read as in a log, at their frames', async () => {
  const read = await explainTrace([
    at('AT+CEREG=5\r\n'),
    at('OK\r\n'),
    at('+CEREG: 3,"0A0B","0123ABCD",7,0,15\r\n'),
  ])
  expect(causesOf(read)).toEqual(['no-network'])
  expect(page(read)).toMatch(/frame 3 {2}\+CEREG: 3/)
})

test('keys in AT commands are shown nowhere', async () => {
  const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA1b2\nc3D4e5\n-----END EC PRIVATE KEY-----'
  const read = await explainTrace([
    at(`AT%CMNG=0,16842753,2,"${pem}"\r\n`),
    at('AT%CMNG=0,16842753,3,"0a1b2c3d4e5f6071"\r\n'),
    at('AT+CPIN="4711"\r\n'),
    at('+CME ERROR: 513\r\n'),
  ])
  const all = `${page(read)}${JSON.stringify(captureJson(read))}`
  expect(read.modem?.trace.lines).toHaveLength(4)
  for (const secret of ['MHcCAQ', 'c3D4e5', '0a1b2c3d', '4711']) expect(all).not.toContain(secret)
})

test('a line with a short key or a PIN is shown without it', () => {
  expect(showLine('AT%CMNG=0,16842753,3,"0a1b2c3d4e5f6071"')).toBe('AT%CMNG=0,16842753,3,"[blanked]"')
  expect(showLine('AT+CPIN="4711"')).toBe('AT+CPIN="[blanked]"')
  expect(showLine('AT+CLCK="SC",1,"4711"')).toBe('AT+CLCK="SC",1,"[blanked]"')
})

test('the JSON gives rejects with number, name and time', async () => {
  const json = captureJson(await explainTrace([plain(nas.attachReject19Esm27)]))
  expect(json).toMatchObject({
    modem: {
      rejects: [
        {
          frame: 1,
          at: '2023-11-14T22:13:20.000Z',
          message: 'ATTACH REJECT',
          cause: 19,
          name: 'ESM failure',
        },
        { frame: 1, message: 'PDN CONNECTIVITY REJECT', cause: 27, name: 'Missing or unknown APN' },
      ],
      causes: [{ id: 'no-network' }],
    },
  })
})

test('odd bytes as AT text are no error', async () => {
  const read = await explainTrace([
    exportedPdu('at', Buffer.alloc(500, 1)),
    exportedPdu('at', Buffer.alloc(9)),
  ])
  expect(causesOf(read)).toEqual([])
})

test('a capture without a modem has no such section', async () => {
  const packet = tcpPackets([])[0]!
  const read = await explainTrace([exportedPdu('ip', packet.bytes)])
  expect(read.modem).toBeUndefined()
  expect(captureJson(read)).not.toHaveProperty('modem')
})

test('a raw vendor trace is an error that names the converting command', async () => {
  const head = Buffer.from([1, 0, 2, 0, 3, 0xff])
  const source = {
    name: 'lte.mtrace',
    path: undefined,
    totalBytes: undefined,
    head,
    chunks: (async function* () {
      yield head
    })(),
  }
  const asked = explain({
    source,
    device: undefined,
    catalogue,
    knownRoots: [],
    anchors: undefined,
    verify: 'full',
    now: new Date('2026-01-01'),
    look: undefined,
    sni: undefined,
  })
  await expect(asked).rejects.toMatchObject({
    code: 'vendor-trace',
    message: 'lte.mtrace is a raw modem trace of Nordic',
    hint: 'convert it: nrfutil trace lte --input-file FILE --output-pcapng OUT.pcapng',
  })
})
