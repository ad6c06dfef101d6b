import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCommandTables } from '../src/cli/command-tables.ts'
import { commands } from '../src/cli/commands.ts'
import { completionModel } from '../src/cli/completion-model.ts'
import { formatManPage } from '../src/cli/man-page.ts'
import { resolveDevice } from '../src/device/catalogue.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { peer } from './support/peer.ts'
import { tlsfit } from './support/tlsfit.ts'

const bash = peer('bash')
const zsh = peer('zsh')
const fish = peer('fish')
const man = peer('man')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-shells-'))
const script = (shell: string) => join(folder, `tlsfit.${shell}`)

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const ran = await tlsfit(['completions', shell])
    if (ran.code !== 0) throw new Error(ran.stderr)
    writeFileSync(script(shell), ran.stdout)
  }
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The line as it stands after each candidate was taken: what readline would make of the replies. */
const harness = `
source "$1"
while IFS= read -r line; do
  COMP_LINE=$line COMP_POINT=\${#line}
  _tlsfit
  for reply in "\${COMPREPLY[@]}"; do printf '%s\\n' "$reply"; done
  echo "= $line"
done`

function bashReplies(lines: readonly string[]): Map<string, string[]> {
  const ran = spawnSync(bash!, ['--norc', '-c', harness, 'bash', script('bash')], {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
  })
  expect(ran.stderr).toBe('')
  const replies = new Map<string, string[]>()
  let own: string[] = []
  for (const line of ran.stdout.split('\n')) {
    if (!line.startsWith('= ')) own.push(line)
    else {
      replies.set(line.slice(2), own)
      own = []
    }
  }
  return replies
}

describe.skipIf(!bash)('bash', () => {
  test('offers every command, and every option of each', async () => {
    const tables = await loadCommandTables()
    const replies = bashReplies(['tlsfit ', ...tables.map(({ name }) => `tlsfit ${name} --`)])
    expect(replies.get('tlsfit ')).toEqual([...Object.keys(commands), 'help', '--help', '--version'])
    for (const { name, options } of tables) {
      expect(replies.get(`tlsfit ${name} --`)).toEqual([
        ...options.map((option) => `--${option.name}`),
        '--help',
      ])
    }
  })

  test.each([
    ['tlsfit ch', ['check']],
    ['tlsfit help wat', ['watch']],
    ['tlsfit check --verify ', ['full', 'no-name', 'none']],
    ['tlsfit check --verify=no', ['no-name', 'none']],
    ['tlsfit check x.pem --str', ['--strict']],
    ['tlsfit check --strict --dev', ['--device']],
    ['tlsfit check --device sara-r5', ['sara-r5']],
    // Of a line that ends in a value of another option nothing is a device.
    ['tlsfit check --device nrf9160 spwf', []],
    ['tlsfit devices sh', ['show']],
    ['tlsfit devices show amebad-a', ['amebad-arduino']],
    ['tlsfit emit h', ['haproxy']],
    ['tlsfit lab nordic-az', ['nordic-azure-fota']],
    ['tlsfit demo --case esp32', ['esp32-ota']],
    ['tlsfit store re', ['restore']],
    ['tlsfit completions z', ['zsh']],
    ['tlsfit nothing --', []],
  ])('%s', (line, expected) => {
    expect(bashReplies([line]).get(line)).toEqual(expected)
  })

  test('completes ids after a comma, a plus sign and an equals sign, past the breaks of readline', () => {
    const lines = [
      'tlsfit check --device nrf9160@1.3.',
      'tlsfit check --device esp-idf@5.2,nrf9160@1.3.',
      'tlsfit check --device=nrf9160@1.3.7+memfa',
      'tlsfit check --device nrf9160@1.3.7+memfa',
    ]
    const replies = [...bashReplies(lines).values()]
    expect(replies[0]).toContain('@1.3.7')
    expect(replies[1]).toContain('@1.3.7')
    expect(replies[2]).toContain('@1.3.7+memfault')
    expect(replies[3]).toContain('@1.3.7+memfault')
  })

  test('in a terminal, the Tab key completes a command, an option and a device', async () => {
    const said = await typed(
      [bash!, '--norc', '--noprofile', '-i'],
      `PS1='ready> '; source ${script('bash')}; tlsfit() { printf '<%s>' "$@"; echo; }`,
      'tlsfit chec\t--devi\tnrf9160@1.3.7+ncs@2.7.0,sara-r42\t',
    )
    expect(said).toContain('<check><--device><nrf9160@1.3.7+ncs@2.7.0,sara-r422>')
  })
})

test.skipIf(!zsh)('zsh: in a terminal, the Tab key completes a command, an option and a device', async () => {
  const said = await typed(
    [zsh!, '-f', '-i'],
    `PS1='ready> '; autoload -U compinit; compinit -D; source ${script('zsh')}; tlsfit() { printf '<%s>' "$@"; echo; }`,
    'tlsfit chec\t--devi\tnrf9160@1.3.7+ncs@2.7.0,sara-r42\t',
  )
  expect(said).toMatch(/<check><--device(=|><)nrf9160@1\.3\.7\+ncs@2\.7\.0,sara-r422>/)
})

test.skipIf(!fish).each([
  ['tlsfit chec', 'check'],
  ['tlsfit check --devi', '--device'],
  ['tlsfit check --verify no-', 'no-name'],
  ['tlsfit check --device esp-idf@5.2,sara-r42', 'esp-idf@5.2,sara-r422'],
  ['tlsfit devices sho', 'show'],
  ['tlsfit devices show sara-r42', 'sara-r422'],
])('fish: %s', (line, expected) => {
  const told = spawnSync(fish!, ['--no-config', '-c', `source ${script('fish')}; complete -C '${line}'`], {
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  })
  expect(told.stderr).toBe('')
  expect(told.stdout.split('\n').map((row) => row.split('\t')[0])).toContain(expected)
})

test('every device that is offered is one', async () => {
  const catalogue = openCatalogue()
  const { devices } = completionModel(await loadCommandTables(), catalogue, '0.0.0')
  expect(devices.length).toBeGreaterThan(catalogue.families.length)
  for (const id of devices) expect(() => resolveDevice(id, catalogue), id).not.toThrow()
})

test('a shell that there is not is refused', async () => {
  expect(await tlsfit(['completions', 'tcsh'])).toMatchObject({ code: 64, stdout: '' })
})

describe('the manual', () => {
  test('that the build carries has every command and option', async () => {
    const built = readFileSync(join(import.meta.dirname, '../dist/tlsfit.1'), 'utf8')
    const tables = await loadCommandTables()
    const version = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')).version
    expect(built).toBe(formatManPage(tables, version))
    for (const { name, options } of tables) {
      expect(built).toContain(`\n.SS ${name}\n`)
      for (const option of options) expect(built).toContain(`\\-\\-${option.name.replaceAll('-', '\\-')}`)
    }
  })

  test.skipIf(!man)('man finds nothing to warn of, and prints what --help says', () => {
    const page = join(import.meta.dirname, '../dist/tlsfit.1')
    const { stdout, stderr, status } = spawnSync(
      man!,
      ['--warnings', '-E', 'UTF-8', '-l', '-P', 'cat', page],
      {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_FORMATTING: '' },
      },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/--device ID\[,ID\.\.\.\]/)
    expect(stdout).toContain('tlsfit check chain.pem --device nrf9160@1.3.7,esp-idf@5.2')
  })
})

/** Types into a shell on a terminal of its own: first `setup`, at its prompt `line` and Enter; what it then said. */
function typed(command: readonly string[], setup: string, line: string): Promise<string> {
  const words = command.map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qfc', words, '/dev/null'], {
    env: { ...process.env, TERM: 'dumb', HOME: folder, INPUTRC: '/dev/null' },
  })
  child.stdin.write(`${setup}\n`)
  return new Promise((done, fail) => {
    let said = ''
    let asked = false
    child.stdout.on('data', (chunk) => {
      said += chunk
      // The echo of the setup has the prompt in quotes; after a prompt the shell may ask for bracketed paste.
      if (!asked && /(^|[\r\n])ready> (\W\[\?2004h)?$/.test(said)) {
        asked = true
        said = ''
        child.stdin.write(`${line}\nexit\n`)
      }
    })
    child.on('error', fail)
    child.on('close', () => done(said))
  })
}
