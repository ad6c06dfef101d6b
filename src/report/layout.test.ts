import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { displayWidth, fitWidth, Page, wrap } from './layout.ts'

describe('wrap', () => {
  test('no line is wider than asked, and no word is lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zA-Z0-9日]{1,30}$/)),
        fc.integer({ min: 8, max: 60 }),
        (words, width) => {
          const lines = wrap(words.join(' '), width)
          expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width)
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''))
        },
      ),
    )
  })
})

describe('fitWidth', () => {
  test('fills and cuts to exactly the width, wide characters counted as two', () => {
    expect(fitWidth('ab', 4)).toBe('ab  ')
    expect(fitWidth('ab', 4, 'right')).toBe('  ab')
    expect(fitWidth('abcdef', 4)).toBe('abc…')
    expect(displayWidth(fitWidth('日本語日本語', 6))).toBe(6)
  })
})

describe('Page', () => {
  test('a shell command too long for a line is broken so that a shell joins it again', () => {
    const page = new Page({ columns: 40, color: false, ascii: false })
    page.command('openssl s_client -connect edge.microsoft.com:443 -servername edge.microsoft.com', 4)
    const text = page.toString()
    expect(text.replace(/ \\\n */g, ' ').trim()).toBe(
      'openssl s_client -connect edge.microsoft.com:443 -servername edge.microsoft.com',
    )
  })

  test('a word of a shell command is never broken, quoted or not: a shell would read something else', () => {
    const page = new Page({ columns: 40, color: false, ascii: false })
    const url = `'https://account.example/firmware.bin?${'sig=abc%2F&'.repeat(6)}sp=r'`
    page.command(
      `tlsfit check ${url} --header 'Authorization: It'\\''s a token with spaces' --device nrf9160`,
      2,
    )
    expect(page.toString().split('\n')).toEqual([
      '  tlsfit check \\',
      `    ${url} \\`,
      '    --header \\',
      "    'Authorization: It'\\''s a token with spaces' \\",
      '    --device nrf9160',
      '',
    ])
  })

  test('a remark at the end of a line that is too long stands before it, so that nothing of it is run', () => {
    const page = new Page({ columns: 60, color: false, ascii: false })
    page.command('tlsfit emit nginx gateway.yaml > front.conf  # the same for nginx; haproxy, envoy', 4)
    page.command("  devices: ['nrf9160@1.3.7+ncs@2.7.0'], held: [held.pem],  # what they hold", 4)
    expect(page.toString().split('\n')).toEqual([
      '    # the same for nginx; haproxy, envoy',
      '    tlsfit emit nginx gateway.yaml > front.conf',
      '      # what they hold',
      "      devices: ['nrf9160@1.3.7+ncs@2.7.0'], held:",
      '        [held.pem],',
      '',
    ])
  })

  test('an address is not broken, for in pieces nobody can follow it; one that fills the screen is', () => {
    const page = new Page({ columns: 60, color: false, ascii: false })
    const address = `https://example.com/${'a'.repeat(60)}/b`
    page.source('    ', '[id-of-it; confidence high]', 'https://example.com/')
    page.source('    ', '[id-of-it; confidence high]', address)
    page.source('    ', '[id]', `https://example.com/${'a'.repeat(2000)}`)
    const lines = page.toString().split('\n')
    expect(lines.slice(0, 3)).toEqual([
      '    [id-of-it; confidence high] https://example.com/',
      '    [id-of-it; confidence high]',
      `    ${address}`,
    ])
    expect(Math.max(...lines.slice(3).map(displayWidth))).toBeLessThanOrEqual(60)
  })

  test('a paragraph is coloured without changing its lines', () => {
    const write = (color: boolean) => {
      const page = new Page({ columns: 40, color, ascii: false })
      page.paragraph('BLOCKED   ', 'one two three four five six seven eight nine ten', { label: 'bad' })
      return page.toString()
    }
    expect(write(true)).toContain('\u001b[')
    expect(write(true).replace(/\u001b\[\d+m/g, '')).toBe(write(false))
  })
})
