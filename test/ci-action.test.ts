import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { formatPem } from '../src/x509/pem.ts'
import { junitFaults } from './support/junit-rules.ts'
import { proseOf, renderMarkdown, tagsOf } from './support/markdown-tree.ts'
import { small } from './support/small-pki.ts'
import type { Ran } from './support/tlsfit.ts'

const root = resolve(import.meta.dirname, '..')
const hostile = 'x @team <img src=x onerror=alert(1)> [a](http://b.example) #12 `|'
const target = 'chain @team <img src=x> #12.pem'
const repository = mkdtempSync(join(tmpdir(), 'tlsfit-action-'))
const at = (name: string) => join(repository, name)

/** What a platform's API keeps of one pull or merge request. */
interface Kept {
  readonly id: number
  body: string
  readonly user: { readonly type: string }
  readonly author: { readonly id: number }
}
let comments: Kept[]
let asked: string[]
let refuses: boolean

/** The platform's API and no more: a list of comments, one that is added, one that is changed. */
const platform = createServer(async (request, response) => {
  const { method = '', url = '', headers } = request
  asked.push(`${method} ${url.replace(/\?.*/, '')} ${headers.authorization ?? headers['private-token']}`)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  if (refuses) return send(403, { message: '::error::Resource not accessible\n::add-mask::x' })
  if (url === '/user') return send(200, { id: 7 })
  const { body } = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : { body: '' }
  if (method === 'GET') {
    const page = Number(new URL(url, 'http://x').searchParams.get('page'))
    return send(200, comments.slice((page - 1) * 100, page * 100))
  }
  if (method === 'POST') {
    const made = { id: 1_000 + comments.length, body, user: { type: 'Bot' }, author: { id: 7 } }
    comments.push(made)
    return send(201, made)
  }
  const changed = comments.find(({ id }) => url.endsWith(`/${id}`))
  if (changed === undefined) return send(404, {})
  changed.body = body
  return send(200, changed)
})
let api: string

beforeAll(async () => {
  await new Promise<void>((done) => platform.listen(0, '127.0.0.1', done))
  api = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`
  const ca = small({ name: 'Root', ca: true, ...years })
  writeFileSync(at('root.pem'), formatPem(ca.der))
  writeFileSync(
    at('tlsfit.yaml'),
    `devices: [nrf9160@1.3.7]\nanchors: [root.pem]\ntargets: ['${target}']\nmargins: { shrink: { bytes: 200 } }\n`,
  )
  serve(2)
  writeFileSync(at('event.json'), JSON.stringify({ pull_request: { number: 5 } }))
  expect((await step('Check')).code).toBe(0)
  cpSync(at('.tlsfit'), at('base'), { recursive: true })
}, 120_000)
afterAll(() => {
  platform.close()
  rmSync(repository, { recursive: true, force: true })
})
beforeEach(() => {
  comments = []
  asked = []
  refuses = false
})

const years = { notBefore: '2020-01-01T00:00:00Z', notAfter: '2049-01-01T00:00:00Z' }

/** The chain in the file from now on: its leaf has so many names. */
function serve(names: number): void {
  const ca = small({ name: 'Root', ca: true, ...years })
  const altNames = Array.from({ length: names }, (_, index) => `a-host-of-many-${index}.example.com`)
  const leaf = small({ name: hostile, issuer: ca, altNames, ...years })
  writeFileSync(at(target), formatPem(leaf.der))
}

interface Step {
  readonly name: string
  readonly run?: string
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action

/** Runs the shell of one step as the runner does, with the inputs' defaults. */
async function step(name: string, given: Record<string, string> = {}): Promise<Ran> {
  const { run = '', env = {} } = action.runs.steps.find((each) => each.name === name)!
  const values: Record<string, string> = { 'inputs.token': 'secret', ...given }
  const filled = Object.entries(env).map(([key, value]) => {
    const [, expression = ''] = /^\$\{\{ (.+) \}\}$/.exec(value) ?? []
    const input = action.inputs[expression.replace('inputs.', '')]?.default
    return [key, values[expression] ?? input ?? expression]
  })
  return shell(run, {
    ...Object.fromEntries(filled),
    GITHUB_ACTION_PATH: root,
    GITHUB_OUTPUT: at('output'),
    GITHUB_STEP_SUMMARY: at('summary.md'),
    GITHUB_EVENT_PATH: at('event.json'),
    GITHUB_API_URL: api,
    GITHUB_REPOSITORY: 'owner/firmware',
  })
}

function shell(script: string, env: Record<string, string>): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: repository,
      env: { PATH: process.env.PATH, HOME: repository, ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, stdout, stderr }))
  })
}

/** A run of a pull request, which is compared with that of its base. */
async function checkAgain(names: number, given: Record<string, string> = {}): Promise<string> {
  rmSync(at('.tlsfit'), { recursive: true, force: true })
  cpSync(at('base'), at('.tlsfit'), { recursive: true })
  writeFileSync(at('output'), '')
  serve(names)
  expect((await step('Check', given)).code).toBe(0)
  return readFileSync(at('output'), 'utf8')
}

describe('the action', () => {
  test('is composite, names a shell for each script, and puts no expression into one', () => {
    expect(action.runs.using).toBe('composite')
    for (const { run, shell } of action.runs.steps) {
      if (run === undefined) continue
      expect(shell).toBe('bash')
      expect(run).not.toContain('${{')
    }
  })

  test('writes every report, keeps the exit code, and ends with it', async () => {
    expect(await checkAgain(60)).toBe('exit-code=1\n')
    expect(junitFaults(readFileSync(at('tlsfit-reports/tlsfit.xml'), 'utf8'))).toEqual([])
    expect(JSON.parse(readFileSync(at('tlsfit-reports/tlsfit.sarif'), 'utf8')).version).toBe('2.1.0')
    expect(readFileSync(at('summary.md'), 'utf8')).toContain('thresholds broken')
    expect((await step('Tell the result', { 'steps.check.outputs.exit-code': '1' })).code).toBe(1)
  })

  test('a plan that is not there ends with 64, and nothing is commented', async () => {
    expect(await checkAgain(60, { 'inputs.file': 'no such.yaml' })).toMatch(/^exit-code=6[45]\n$/)
    expect((await step('Comment')).code).toBe(0)
    expect(comments).toEqual([])
  })

  test('comments where room was lost, with every name as text; changes that comment; takes it back', async () => {
    comments.push({ id: 90, body: '<!-- tlsfit check -->', user: { type: 'User' }, author: { id: 8 } })
    for (let id = 100; id < 210; id += 1) {
      comments.push({ id, body: 'talk', user: { type: 'User' }, author: { id: 8 } })
    }
    const talk = comments.length
    await checkAgain(60)
    expect(await step('Comment')).toMatchObject({ code: 0, stdout: 'tlsfit: commented\n', stderr: '' })
    expect(comments).toHaveLength(talk + 1)
    const { body } = comments.at(-1)!
    expect(body).toMatch(/^<!-- tlsfit check -->\n## Devices have less room than before\n/)
    expect(body).toContain('**shrank**')
    const tree = renderMarkdown(body)
    expect(tagsOf(tree).filter((tag) => /^(img|a) .*(onerror|src|b\.example)/.test(tag))).toEqual([])
    expect(proseOf(tree).filter((text) => /@team|#12\b/.test(text))).toEqual([])
    expect(asked.every((line) => line.endsWith('Bearer secret'))).toBe(true)

    await checkAgain(61)
    expect((await step('Comment')).stdout).toBe('tlsfit: changed its comment\n')
    await checkAgain(2)
    expect((await step('Comment')).stdout).toBe('tlsfit: changed its comment\n')
    expect(comments.at(-1)!.body).toMatch(/^<!-- tlsfit check -->\n## As before\n/)
    expect((await step('Comment')).stdout).toBe('')
    expect(comments).toHaveLength(talk + 1)
    expect(comments[0]!.body).toBe('<!-- tlsfit check -->')
  }, 120_000)

  test('says nothing where the same names were signed anew, and nothing was lost but bytes of a signature', async () => {
    await checkAgain(2)
    expect((await step('Comment')).code).toBe(0)
    expect(comments).toEqual([])
  })

  test('a comment that the platform refuses is told in one line without its words', async () => {
    refuses = true
    await checkAgain(60)
    const ran = await step('Comment')
    expect(ran).toMatchObject({ code: 0, stdout: 'tlsfit: no comment was written: GET answered 403\n' })
  })
})

describe('the job of GitLab', () => {
  const job = parse(readFileSync(join(root, 'deploy/ci/gitlab.yml'), 'utf8')).tlsfit as {
    script: string[]
    after_script: string[]
  }
  const variables = () => ({
    TLSFIT_HOME: root,
    TLSFIT_TOKEN: 'secret',
    CI_API_V4_URL: api,
    CI_PROJECT_ID: '3',
    CI_MERGE_REQUEST_IID: '5',
  })

  test('checks, and comments on the merge request; nothing without a token', async () => {
    rmSync(at('.tlsfit'), { recursive: true, force: true })
    cpSync(at('base'), at('.tlsfit'), { recursive: true })
    serve(60)
    expect((await shell(job.script.join('\n'), variables())).code).toBe(1)
    await shell(job.after_script.join('\n'), { ...variables(), TLSFIT_TOKEN: '' })
    expect(comments).toEqual([])
    const told = await shell(job.after_script.join('\n'), variables())
    expect(told).toMatchObject({ code: 0, stdout: 'tlsfit: commented\n' })
    expect((await shell(job.after_script.join('\n'), variables())).stdout).toBe(
      'tlsfit: changed its comment\n',
    )
    expect(asked).toContain('POST /projects/3/merge_requests/5/notes secret')
    expect(asked).toContain('PUT /projects/3/merge_requests/5/notes/1000 secret')
  })
})
