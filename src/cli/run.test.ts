import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'
import { fixture } from '../../test/support/tlsfit.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const chain = fixture('chains/chain-edge-microsoft-com-g2.pem')
const root = fixture('chains/root-digicert-global-root-g2.pem')
const device = ['--device', 'nrf9160@1.3.7']

describe('the command line', () => {
  test('--version prints the version and nothing else', async () => {
    const ran = await tlsfit('--version')
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('no command at all is wrong usage, with help on stderr', async () => {
    const ran = await tlsfit()
    expect(ran).toMatchObject({ code: 64, out: '' })
    expect(ran.err).toContain('tlsfit COMMAND')
  })

  test('an unknown command names the nearest', async () => {
    expect(await tlsfit('chek')).toMatchObject({
      code: 64,
      err: 'error: unknown command chek\nhint: did you mean tlsfit check?\n',
    })
  })

  test('a target without a command says how to write it', async () => {
    expect((await tlsfit('https://example.com/')).err).toContain('tlsfit check TARGET --device ID')
  })

  test('an unknown option names the nearest, in words and in JSON', async () => {
    const ran = await tlsfit('check', chain, '--devise', 'nrf9160', '--format', 'json')
    expect(ran.code).toBe(64)
    expect(ran.err).toBe('error: unknown option --devise\nhint: did you mean --device?\n')
    expect(JSON.parse(ran.out)).toEqual({
      schema: 'tlsfit/error@1',
      error: {
        code: 'unknown-option',
        message: 'unknown option --devise',
        hint: 'did you mean --device?',
        at: '--devise',
      },
    })
  })

  test('hostile words of the command line are escaped', async () => {
    const ran = await tlsfit('check', '--\u001b[2J\u202e')
    expect(ran.err).toContain('--\\x1b[2J\\u{202e}')
  })

  for (const [what, argv, hint] of [
    ['an option without its value', ['--device'], '--device ID'],
    ['an option that takes the next option for its value', ['--device', '--strict'], '--device ID'],
    ['an option given twice', ['--time', '2026-01-01', '--time', '2026-01-02'], 'once'],
    ['a flag with a value', ['--strict=yes'], 'alone'],
    ['a format that is none', [...device, '--format', 'xml'], 'text, json, jsonl'],
    ['no device', [], '--device nrf9160'],
    ['an unknown device', ['--device', 'nrf9161x'], 'nrf9160'],
    ['a time that is none', [...device, '--time', 'yesterday'], '2026-09-01T00:00:00Z'],
    ['a day that the calendar lacks', [...device, '--time', '2026-02-30'], '2026-09-01T00:00:00Z'],
    ['a timeout of nothing', [...device, '--timeout', '0'], '--timeout 10'],
    ['a negative number of bytes', [...device, '--bytes', '-5'], '--bytes 65536'],
    ['a place to connect without a port', [...device, '--connect', 'localhost'], '192.0.2.7:443'],
    ['a client certificate without its key', [...device, '--client-cert', root], '--client-key'],
  ] as const) {
    test(`${what} is wrong usage, with a hint`, async () => {
      const ran = await tlsfit('check', chain, ...argv)
      expect(ran).toMatchObject({ code: 64, out: '' })
      expect(ran.err).toMatch(/^error: .+\nhint: .+\n$/)
      expect(ran.err).toContain(hint)
    })
  }

  test('a header that is none is refused without repeating it', async () => {
    const ran = await tlsfit('check', chain, ...device, '--header', 'SharedAccessSignature sig=geheim')
    expect(ran.code).toBe(64)
    expect(ran.err + ran.out).not.toContain('geheim')
  })

  test('a target that is none is refused without repeating its secrets', async () => {
    const ran = await tlsfit(
      'check',
      'http://u:geheim@example.com/?sig=geheim',
      ...device,
      '--format',
      'json',
    )
    expect(ran.code).toBe(64)
    expect(ran.err + ran.out).not.toContain('geheim')
  })
})

describe('files', () => {
  const bad = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }

  for (const [what, file, says] of [
    ['missing', () => join(folder, 'none.pem'), /none\.pem.*no such file/],
    ['empty', () => bad('empty.pem', ''), /empty/],
    ['no certificate', () => bad('text.pem', 'hello'), /neither PEM nor DER/],
    ['cut short', () => bad('cut.pem', '-----BEGIN CERTIFICATE-----\nMIIB'), /END/],
    ['a folder', () => folder, /folder/],
  ] as const) {
    test(`an anchor file that is ${what} is unreadable input: which file, what is wrong, what mends it`, async () => {
      const path = file()
      const ran = await tlsfit('check', chain, ...device, '--anchor', path, '--format', 'json')
      expect(ran.code).toBe(65)
      expect(ran.err).toMatch(says)
      expect(ran.err).toContain(path)
      expect(ran.err).toMatch(/\nhint: /)
      expect(JSON.parse(ran.out)).toMatchObject({ schema: 'tlsfit/error@1' })
    })
  }

  test('a target file that is missing is unreadable input', async () => {
    const ran = await tlsfit('check', join(folder, 'none.pem'), ...device)
    expect(ran.code).toBe(65)
    expect(ran.err).toMatch(/no such file[\s\S]*hint: /)
  })
})

describe('check', () => {
  const args = ['check', chain, '--anchor', root, '--time', '2026-09-01T00:00:00Z']

  test('several devices by comma and by repetition, each with a verdict', async () => {
    const ran = await tlsfit(
      ...args,
      '--device',
      'nrf9160@1.3.7,esp-idf@5.2',
      '--device',
      'spwf04sx',
      '--format',
      'json',
    )
    const ids = JSON.parse(ran.out).verdicts.map(
      (verdict: { device: { asked: string } }) => verdict.device.asked,
    )
    expect(ids).toEqual(['nrf9160@1.3.7', 'esp-idf@5.2', 'spwf04sx'])
  })

  test('targets come from stdin, one a line, each looked at once, and each verdict is one line of jsonl', async () => {
    const ran = await tlsfitWith(
      `\ufeff${chain}\r\n# not this\n\n${chain}\n${root}\n`,
      'check',
      '-',
      ...args.slice(2),
      ...device,
      '--format',
      'jsonl',
    )
    const lines = ran.out.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines.map((line) => JSON.parse(line).target)).toEqual([chain, root])
    expect(ran.err).toBe('note: 1 of the targets were given before; each is looked at once\n')
    expect(ran.code).toBe(1)
  })

  test('of several targets, one that is none or cannot be read is told in its place, without its secrets', async () => {
    const list = [
      chain,
      'http://u:geheim@example.com/?sig=geheim',
      'u:geheim@example.com/?sig=geheim',
      join(folder, 'none.pem'),
      'https://a.example/\u0000',
      `https://example.com/${'x'.repeat(20_000)}`,
      root,
    ]
    const ran = await tlsfitWith(`${list.join('\n')}\n`, 'check', '-', ...device, '--format', 'json')
    const { verdicts, failed, run } = JSON.parse(ran.out)
    expect(verdicts.map(({ target }: { target: string }) => target)).toEqual([chain, root])
    expect(failed.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
      'scheme-unsupported',
      'file-unreadable',
      'file-unreadable',
      'target-characters',
      'target-too-long',
    ])
    expect(run).toMatchObject({ asked: 7, targets: 7, failed: 5, connections: 0 })
    expect(ran.out + ran.err).not.toContain('geheim')
    expect(JSON.stringify(failed).length).toBeLessThan(4000)
    expect(ran.code).toBe(1)
  })

  test('a profile that is not there ends the run before anything is looked at', async () => {
    const ran = await tlsfitWith(`${chain}\n${root}\n`, 'check', '-', '--device', `${folder}/none.yaml`)
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toContain('none.yaml')
  })

  test('the text is on stdout, within the columns asked for, and stderr is silent', async () => {
    const ran = await tlsfit(...args, ...device)
    expect(ran.err).toBe('')
    expect(ran.out).toMatch(/^BLOCKED /)
    // A word of a command is never broken, and where this checkout lies may be a long one.
    const lines = ran.out.split('\n').filter((line) => !line.includes(chain) && !line.includes(root))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  })
})

describe('help', () => {
  test('of check: usage, every option, examples, exit codes, within 80 columns', async () => {
    const ran = await tlsfit('check', '--help')
    expect(ran.code).toBe(0)
    for (const option of [
      '--device',
      '--anchor',
      '--header',
      '--verify',
      '--send-secrets',
      '--strict',
      '--forecast',
      '--format',
    ]) {
      expect(ran.out).toContain(option)
    }
    expect(ran.out.match(/^ {2}tlsfit check /gm)?.length).toBeGreaterThanOrEqual(3)
    expect(ran.out).toMatch(/exit codes[\s\S]*130/)
  })
})

function tlsfit(...argv: string[]) {
  return tlsfitWith('', ...argv)
}

function tlsfitWith(stdin: string, ...argv: string[]) {
  return runCommand(argv, { stdin })
}
