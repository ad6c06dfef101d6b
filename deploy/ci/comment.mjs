// Comments on a pull or merge request where room was lost, a verdict is worse or a threshold is broken; the same comment is
// written anew by later runs, and says so when all is well again. What it shows is the markdown report of tlsfit, in which
// every foreign name is escaped already.
//
//   node comment.mjs github|gitlab REPORTS        TLSFIT_TOKEN: writes the comment
//
// A comment that cannot be written (a fork's token may not) is a warning: the result of the check stands without it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const marker = '<!-- tlsfit check -->'

/** Each signature with ECDSA is some bytes longer or shorter than the one before: less than this is no loss. */
const LEAST_BYTES = 16

const [platform = '', reports = 'tlsfit-reports'] = process.argv.slice(2)
const platforms = { github, gitlab }
if (!Object.hasOwn(platforms, platform)) {
  console.error('usage: comment.mjs github|gitlab REPORTS')
  process.exit(64)
}

try {
  await main(platforms[platform]())
} catch (error) {
  console.log(`tlsfit: no comment was written: ${oneLine(error)}`)
}

async function main(request) {
  if (request === undefined) {
    console.log('tlsfit: this run is of no pull or merge request, so nothing is commented')
    return
  }
  const report = read()
  if (report === undefined) return
  const own = await find(request)
  if (report.isWorse) {
    await write(
      request,
      own,
      `${marker}\n## Devices have less room than before\n\n${report.text(request.limit)}`,
    )
  } else if (own !== undefined && !own.body.includes('## As before')) {
    await write(
      request,
      own,
      `${marker}\n## As before\n\nNo room is lost, and no threshold broken any more.\n`,
    )
  }
}

/** What the run found; undefined where it ended before it found anything. */
function read() {
  let run
  let markdown
  try {
    run = JSON.parse(readFileSync(join(reports, 'tlsfit.json'), 'utf8')).run
    markdown = readFileSync(join(reports, 'tlsfit.md'), 'utf8')
  } catch {
    // Reports of a run that failed are of another form or not there.
  }
  const comparison = run?.comparison
  if (comparison === undefined) {
    console.log('tlsfit: the run compared nothing, so nothing is commented')
    return undefined
  }
  const lost = ({ kind, unit, from, to }) =>
    kind === 'worse' || (kind === 'margin' && from - to >= (unit === 'bytes' ? LEAST_BYTES : 1))
  return {
    isWorse: comparison.changes.some(lost) || comparison.failures.length > 0,
    text: (limit) => cut(markdown, limit),
  }
}

/** Whole sections from the start, as many as fit: a section that is cut could leave a fence or a tag open. */
function cut(markdown, limit) {
  const told = '\n\nThe rest is in the reports of the run.\n'
  let text = ''
  for (const section of markdown.split(/^(?=### )/m)) {
    if (text.length + section.length + told.length > limit) return text + told
    text += section
  }
  return text
}

/** The comment of an earlier run. Others may write the marker, too: theirs is left alone. */
async function find(request) {
  const isOwn = await request.ownership()
  for (let page = 1; page <= 30; page += 1) {
    const comments = await call(request, 'GET', `${request.comments}?per_page=100&page=${page}`)
    const own = comments.find((comment) => comment.body.startsWith(marker) && isOwn(comment))
    if (own !== undefined || comments.length < 100) return own
  }
  return undefined
}

async function write(request, own, body) {
  if (own === undefined) await call(request, 'POST', request.comments, { body })
  else await call(request, request.change, request.comment(own.id), { body })
  console.log(`tlsfit: ${own === undefined ? 'commented' : 'changed its comment'}`)
}

async function call({ headers }, method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'tlsfit' },
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(30_000),
  })
  if (!response.ok) throw new Error(`${method} answered ${response.status}`)
  return response.json()
}

function github() {
  const { GITHUB_API_URL, GITHUB_EVENT_PATH, GITHUB_REPOSITORY, TLSFIT_TOKEN } = process.env
  const number = JSON.parse(readFileSync(GITHUB_EVENT_PATH, 'utf8')).pull_request?.number
  if (!Number.isInteger(number)) return undefined
  const issues = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/issues`
  return {
    headers: { authorization: `Bearer ${TLSFIT_TOKEN}`, accept: 'application/vnd.github+json' },
    comments: `${issues}/${number}/comments`,
    comment: (id) => `${issues}/comments/${id}`,
    change: 'PATCH',
    // A body has at most 65,536 characters.
    limit: 65_000,
    ownership: async () => (comment) => comment.user?.type === 'Bot',
  }
}

function gitlab() {
  const { CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID, TLSFIT_TOKEN } = process.env
  if (!CI_MERGE_REQUEST_IID) return undefined
  const notes = `${CI_API_V4_URL}/projects/${CI_PROJECT_ID}/merge_requests/${CI_MERGE_REQUEST_IID}/notes`
  const headers = { 'private-token': TLSFIT_TOKEN }
  return {
    headers,
    comments: notes,
    comment: (id) => `${notes}/${id}`,
    change: 'PUT',
    limit: 900_000,
    ownership: async () => {
      const { id } = await call({ headers }, 'GET', `${CI_API_V4_URL}/user`)
      return (note) => note.author?.id === id
    },
  }
}

/** Also of what a server said: one line, so that no order to the runner is in it. */
function oneLine(error) {
  const text = error instanceof Error ? error.message : 'unknown'
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 200)
}
