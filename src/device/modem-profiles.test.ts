import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { dataFolder } from '../io/data-folder.ts'
import { resolveDevice } from './catalogue.ts'
import type { FailureKind } from './device.ts'
import { lintProfile } from './lint.ts'
import { offerFor } from './offer.ts'

const catalogue = openCatalogue()
const device = (id: string) => resolveDevice(id, catalogue)

/** Ids under which the facts were collected, with the layers they mean. */
const ids: readonly (readonly [string, string])[] = [
  ['ublox-sara-r4', 'sara-r4@any'],
  ['ublox-sara-u201', 'sara-u201@any'],
  ['ublox-sara-r5', 'sara-r5@any'],
  ['ublox-lara-r6-lena-r8', 'lara-r6@any'],
  ['ublox-sara-r422', 'sara-r422@any'],
  ['quectel-bg96', 'bg96@any'],
  ['quectel-bg95', 'bg95@any'],
  ['quectel-ec20-ec21-ec25', 'ec25@any'],
  ['quectel-bc66', 'bc66@any'],
  ['simcom-sim800', 'sim800@any'],
  ['simcom-sim7000', 'sim7000@any'],
  ['simcom-sim7080', 'sim7080@any'],
  ['simcom-a76xx', 'a76xx@any'],
  ['telit-legacy', 'he910@any'],
  ['telit-le910', 'le910@any'],
  ['sequans-monarch', 'monarch@any'],
  ['sequans-gm02sp', 'gm02sp@any'],
  ['sierra-hl78xx', 'hl78xx@any'],
]
const modems = ids.map(([id]) => device(id))

/** The words for one kind of failure, which must be one entry: two would be two answers to one question. */
function wordsFor(id: string, kind: FailureKind) {
  const found = device(id).errors.filter(({ when }) => when.includes(kind))
  expect(found.length, `${id}: ${kind}`).toBeLessThan(2)
  return found[0]
}

describe('cellular modems', () => {
  test.each(ids)('%s is %s', (id, layers) => {
    expect(device(id).id).toBe(layers)
  })

  test.each(modems.map(({ layers }) => layers[0]!.family))('%s has no fault', (family) => {
    const file = `${family}.yaml`
    const text = readFileSync(join(dataFolder('devices'), file), 'utf8')
    expect(lintProfile(text, file, catalogue.families)).toEqual([])
  })

  test('none claims a hello that was recorded, a suite list of the modem or the rules of a library', () => {
    for (const { id, hello, build } of modems) {
      expect([hello.origin, hello.cipherSuites, build.rules], id).toEqual(['assumed', undefined, undefined])
    }
  })

  test('no size is known but that of a Telit credential', () => {
    const known = modems.flatMap(({ id, limits }) =>
      Object.entries(limits).flatMap(([name, limit]) => (limit ? [[id, name, limit.value]] : [])),
    )
    expect(known).toEqual([['he910@any', 'storedAnchorBytes', 1535]])
  })

  test('the versions are those of each source, without DTLS', () => {
    const versions = (id: string) => device(id).hello.versions?.value
    const upTo12 = ['TLSv1', 'TLSv1.1', 'TLSv1.2']
    for (const id of ['sara-r4', 'sara-r5', 'sim7000', 'sim7080', 'a76xx', 'monarch']) {
      expect(versions(id), id).toEqual(upTo12)
    }
    expect(versions('bg96')).toEqual(['SSLv3', ...upTo12])
    expect(versions('gm02sp')).toEqual([...upTo12, 'TLSv1.3'])
    expect(versions('sim800')).toEqual(['TLSv1'])
    expect(versions('hl78xx')).toEqual(['TLSv1.2'])
    for (const id of ['sara-u201', 'lara-r6', 'sara-r422', 'bg95', 'ec25', 'bc66', 'he910', 'le910']) {
      expect(versions(id), id).toBeUndefined()
    }
  })

  test('SARA-U201 and BC66 send no server name, whatever is asked for', () => {
    for (const id of ['sara-u201', 'bc66']) {
      const { sni, offer } = offerFor(device(id), { host: 'a.example', verify: 'full', sni: 'a.example' })
      expect(sni, id).toBeUndefined()
      expect(
        offer.extensions.map(({ kind }) => kind),
        id,
      ).not.toContain('server_name')
    }
  })

  test('where SNI is a setting that starts off, the report says so', () => {
    for (const id of ['sara-r4', 'sara-r5', 'lara-r6', 'sara-r422', 'bg95', 'a76xx']) {
      const said = device(id).quirks.map(({ value }) => value)
      expect(
        said.some((value) => /^SNI is (off|empty)/.test(value)),
        id,
      ).toBe(true)
    }
  })

  test('u-blox verifies nothing at the factory value of its profile', () => {
    for (const id of ['sara-r5', 'lara-r6', 'sara-r422']) {
      const { peer, name, dates } = device(id).verification
      expect([peer?.value, name?.value, dates?.value], id).toEqual(['none', 'unchecked', 'unchecked'])
      expect(peer?.confidence, id).toBe('source-code')
    }
    expect(device('sara-r4').verification.peer).toBeUndefined()
  })

  test('dates are checked by the EC25 and not by the A76xx, unless a setting says otherwise', () => {
    expect(device('ec25').verification.dates).toMatchObject({ value: 'checked', confidence: 'vendor-forum' })
    expect(device('a76xx').verification.dates).toMatchObject({ value: 'unchecked' })
    expect(device('sim7000').verification.dates).toBeUndefined()
  })

  test('the A76xx takes P-256 alone, in the key exchange as in certificates', () => {
    const { hello, build } = device('a76xx')
    expect(hello.groups).toMatchObject({ value: ['secp256r1'], confidence: 'vendor-forum' })
    expect(build.certificateGroups?.value).toEqual(['secp256r1'])
  })

  test('Monarch 2 does not use the intermediates that a server sends; of the first Monarch that is not known', () => {
    expect(device('gm02sp').trust.sentIntermediates).toMatchObject({
      value: 'refused',
      confidence: 'vendor-forum',
    })
    expect(device('monarch').trust.sentIntermediates).toBeUndefined()
  })
})

describe('the words of a modem', () => {
  test.each([
    ['sara-r5', 'UMQTTER 8', 'vendor-forum'],
    ['lara-r6', 'UMQTTER 8', 'vendor-forum'],
    ['sara-r422', 'UMQTTER 8', 'vendor-forum'],
    ['bg96', 'QSSLOPEN 566', 'inferred'],
    ['bg95', 'QSSLOPEN 566', 'inferred'],
    ['ec25', 'QSSLOPEN 566', 'inferred'],
    ['bc66', 'QSSLOPEN -9', 'inferred'],
    ['a76xx', 'CCH 15, HTTP 715', 'vendor-forum'],
    ['le910', 'ERROR', 'inferred'],
    ['monarch', '77', 'vendor-forum'],
    ['gm02sp', '77', 'vendor-forum'],
    ['hl78xx', 'KTCP_NOTIF 13', 'source-code'],
  ])('%s shows %s for a chain that is not trusted: %s', (id, code, confidence) => {
    expect(wordsFor(id, 'untrusted')).toMatchObject({ code, confidence })
  })

  test.each([
    ['bg96', 'QSSLOPEN 565', 'QSSLOPEN 566', 'QSSLOPEN 569'],
    ['bg95', 'QSSLOPEN 565', 'QSSLOPEN 566', 'QSSLOPEN 569'],
    ['ec25', 'QSSLOPEN 565', 'QSSLOPEN 566', 'QSSLOPEN 569'],
    ['a76xx', 'CCH 13, HTTP 713', 'CCH 14, HTTP 714', 'CCH 5, HTTP 705'],
    ['le910', 'CME 558', 'CME 560', 'CME 559'],
    ['hl78xx', 'KTCP_NOTIF 3', 'KTCP_NOTIF 5', 'KTCP_NOTIF 12'],
  ])('%s numbers a name not found %s, a port refused %s and silence %s', (id, dns, refused, timeout) => {
    const codes = (['dns', 'tcp-refused', 'tcp-timeout'] as const).map((kind) => wordsFor(id, kind)?.code)
    expect(codes).toEqual([dns, refused, timeout])
  })

  test('a root that was never stored has a number of its own where the source has one', () => {
    expect(wordsFor('a76xx', 'no-anchor')?.code).toBe('CCH 19, HTTP 719')
    expect(wordsFor('le910', 'no-anchor')?.code).toBe('CME 1001')
    expect(wordsFor('hl78xx', 'no-anchor')?.code).toBe('KTCP_NOTIF 14')
    expect(wordsFor('bg96', 'no-anchor')?.code).toBe(wordsFor('bg96', 'untrusted')?.code)
  })

  test('the list of the EC20 is source code for its own family and inferred for the others', () => {
    expect(['ec25', 'bg95', 'bg96'].map((id) => wordsFor(id, 'dns')?.confidence)).toEqual([
      'source-code',
      'inferred',
      'inferred',
    ])
  })

  test('77 of Sequans is of certificates: nothing is said for a handshake that fails before them', () => {
    for (const id of ['monarch', 'gm02sp']) expect(wordsFor(id, 'hello-refused'), id).toBeUndefined()
  })
})
