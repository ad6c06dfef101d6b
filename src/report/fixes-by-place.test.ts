import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { azureVerdict, finding, liveObservation } from '../../test/support/verdict-fixture.ts'
import { type Place, places } from '../finding/place.ts'
import { fixesByPlace } from './fixes-by-place.ts'
import { displayWidth } from './layout.ts'
import { formatText } from './text.ts'

const live = () => liveObservation('https://edge.microsoft.com/fw.bin', '192.0.2.1')

/** A line that is one word of a shell command, which is never broken. */
const wordOfCommand = /^ +(?:'[^']*'|[^\s']+)(?: \\)?$/

describe('cures by place', () => {
  const verdict = azureVerdict({ observation: live() })

  test('without a word on who the reader is, every place is one where they can act', () => {
    const groups = fixesByPlace(verdict)
    expect(groups.map(({ place }) => place)).toEqual(places)
    expect(groups.every(({ can }) => can)).toBe(true)
  })

  test('the places named come first and the others stay, marked', () => {
    const groups = fixesByPlace(verdict, { can: ['firmware', 'field'] })
    expect(groups.map(({ place, can }) => [place, can])).toEqual([
      ['firmware', true],
      ['field', true],
      ['own-server', false],
      ['their-server', false],
    ])
  })

  test('the message to the owner has host, bytes and limit, what to change, and what it means for others', () => {
    const [ask] = fixesByPlace(verdict, { can: ['their-server'] })[0]!.cures
    expect(ask!.sentence).toMatch(/edge\.microsoft\.com:443\. The server sends 3 certificates, 5,753 bytes/)
    expect(ask!.sentence).toMatch(/takes 4,096.*Please serve .*at most 4,096 bytes/)
    expect(ask!.commands).toEqual([])
  })

  test('the front reaches the field by a DNS record, where the name is one', () => {
    const commands = (host: string) => {
      const observation = { ...live(), target: { ...live().target, host } }
      const field = fixesByPlace(azureVerdict({ observation })).find(({ place }) => place === 'field')
      return field!.cures.find(({ id }) => id === 'front-small-chain')!.commands
    }
    expect(commands('fw.example.com')[0]).toMatch(/^fw\.example\.com\. 300 IN CNAME front\.example\.com\./)
    expect(commands('192.0.2.7')).toEqual([])
    expect(commands('$(reboot).example.com')).toEqual([])
  })

  test('where no chain of a public CA fits, the field is told that a front takes a CA of its own', () => {
    const front = { id: 'front-small-chain', with: { limitBytes: 1500 } } as const
    const tooLarge = (limitBytes: number) =>
      finding(
        'message-too-large',
        { messageBytes: 5798, limitBytes, overBytes: 5798 - limitBytes },
        {
          effect: 'blocks',
          fixes: [
            { ...front, with: { limitBytes } },
            { id: 'use-shorter-chain', with: {} },
          ],
        },
      )
    const field = (limitBytes: number) =>
      fixesByPlace(azureVerdict({ findings: [tooLarge(limitBytes)] })).find(({ place }) => place === 'field')!
    expect(field(1500).note).toMatch(/^No chain of a public CA fits.*a CA of your own, whose root they hold/)
    expect(field(1500).cures[0]!.way).toMatch(/^only where the devices hold the root of a CA of your own/)
    expect(field(4096).note).toMatch(/must be the server/)
    expect(field(4096).cures[0]!.way).toMatch(/^nothing on the device changes/)
  })

  test('where only the server can cure, the field is told so', () => {
    const fixes = [{ id: 'renew-certificate', with: {} }] as const
    const details = { index: 0, subject: 'a.example', notAfter: new Date(0), daysAgo: 3 }
    const expired = finding(
      'cert-expired',
      { ...details, deviceChecks: 'checked' },
      { effect: 'blocks', fixes },
    )
    const groups = fixesByPlace(azureVerdict({ stage: 'dates', findings: [expired] }))
    expect(groups.map(({ place }) => place)).toEqual(['own-server', 'their-server', 'field'])
    expect(groups.at(-1)).toMatchObject({
      cures: [],
      note: expect.stringMatching(/^Nothing at the device: it must be the server/),
    })
  })

  test('nothing to cure gives no group', () => {
    expect(fixesByPlace(azureVerdict({ state: 'fits', stage: undefined, findings: [] }))).toEqual([])
  })
})

describe('the section on what can be done', () => {
  const verdict = azureVerdict({ observation: live() })
  const text = (can?: readonly Place[]) => formatText([verdict], { color: false, columns: 80, can })
  const lineOf = (page: string, words: string) => page.split('\n').findIndex((line) => line.includes(words))

  test('the best cure stands in the headline, and every place has its group', () => {
    const page = text()
    expect(lineOf(page, '  fix     put a front')).toBeGreaterThan(0)
    for (const words of [
      'on a server of yours:',
      'by the owner',
      'in firmware not',
      'for devices in the field:',
    ])
      expect(lineOf(page, words)).toBeGreaterThan(lineOf(page, 'what can be done'))
    expect(page).toContain('"Our devices (')
    expect(page).not.toContain('others can')
  })

  test('with places named, the best of theirs is the headline, and what others can do follows, all of it', () => {
    const page = text(['firmware'])
    expect(page).toMatch(/ {2}fix {5}run TLS on the application core/)
    expect(lineOf(page, 'in firmware not')).toBeLessThan(lineOf(page, 'others can'))
    expect(lineOf(page, 'others can')).toBeLessThan(lineOf(page, 'on a server of yours:'))
  })

  test('where none of the places named has a cure, that is said, with who has', () => {
    const fixes = [{ id: 'renew-certificate', with: {} }] as const
    const details = { index: 0, subject: 'a.example', notAfter: new Date(0), daysAgo: 3 }
    const expired = finding(
      'cert-expired',
      { ...details, deviceChecks: 'checked' },
      { effect: 'blocks', fixes },
    )
    const one = azureVerdict({ stage: 'dates', findings: [expired] })
    const page = formatText([one], { color: false, columns: 80, can: ['firmware'] })
    expect(page).toMatch(/fix +server: renew the certificate[^(]+\(on a server of yours\)/)
    expect(page).toContain('nothing where you can')
  })

  test('no line but one word of a command is wider than asked for, and the messages of a hostile name stay escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.integer({ min: 40, max: 120 }),
        (host, columns) => {
          const observation = { ...live(), target: { ...live().target, host } }
          const page = formatText([azureVerdict({ observation })], { color: false, columns })
          for (const line of page.split('\n')) {
            if (!wordOfCommand.test(line)) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
            expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
