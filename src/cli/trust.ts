import type { CredentialProblem } from '../credential/credential.ts'
import type { RootPlan } from '../judge/root-plan.ts'
import { blankUrl } from '../observe/secrets.ts'
import type { TrustReport } from '../report/trust-report.ts'
import { exitCodes } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { ProgressLine } from './progress-line.ts'
import { readTrustOptions, type TrustOptions } from './trust-options.ts'

/** `tlsfit trust`: the roots that a device needs. Its run returns the exit code. */
export const trustCommand: Command = {
  args: {
    targets: { type: 'positional', description: 'URLs or files' },
    device: { type: 'string', valueHint: 'ID', description: 'whose limits and rules count' },
    years: {
      type: 'string',
      valueHint: 'N',
      description: 'how long the devices are to serve; 10 is the default',
    },
    time: { type: 'string', valueHint: 'ISO', description: 'judge dates at this time; now is the default' },
    root: {
      type: 'string',
      valueHint: 'FILE',
      description: 'root of a CA of your own, to choose beside the public ones; repeatable',
    },
    held: {
      type: 'string',
      valueHint: 'FILE',
      description: 'root that the devices hold already, and what they can be served with by it; repeatable',
    },
    'fetch-aia': {
      type: 'boolean',
      description:
        'fetch issuers that a server leaves out from where its certificates name them (plain HTTP)',
    },
    header: { type: 'string', valueHint: "'K: V'", description: 'request header; repeatable' },
    'send-secrets': {
      type: 'boolean',
      description: 'send query secrets and headers even where the server is not verified',
    },
    timeout: { type: 'string', valueHint: 'S', description: 'seconds for each step; 10 is the default' },
    emit: {
      type: 'string',
      valueHint: 'FORMAT',
      description: 'write the roots as the device loads them, such as pem',
    },
    out: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'where --emit writes; the current folder is the default',
    },
    'sec-tag': {
      type: 'string',
      valueHint: 'N',
      description: 'security tag of the first root, where the format has tags; 42 is the default',
    },
    'verify-stored': {
      type: 'string',
      valueHint: 'FILE',
      description: 'answer of AT%CMNG=1: which of the roots are stored',
    },
    format: { type: 'string', valueHint: 'text|json|markdown', description: 'text is the default' },
  },
  run: async ({ io, parsed }) => {
    return runTrust(await readTrustOptions(parsed, io), io)
  },
}

async function runTrust(options: TrustOptions, io: CliIo): Promise<number> {
  const report = await makeReport(options, io)
  if (options.format === 'markdown') {
    io.stdout.write((await import('../report/markdown/trust-markdown.ts')).trustMarkdown(report))
  } else if (options.format === 'json') {
    const [{ trustJson }, { formatJson }] = await Promise.all([
      import('../report/trust-json.ts'),
      import('../report/json-text.ts'),
    ])
    io.stdout.write(`${formatJson(trustJson(report))}\n`)
  } else {
    const { formatTrust } = await import('../report/trust-text.ts')
    const page = pageOptions(io)
    io.stdout.write(formatTrust(report, page))
  }
  return exitCodeOf(report)
}

async function makeReport(options: TrustOptions, io: CliIo): Promise<TrustReport> {
  const [{ openKnownRoots }, { openIssuing }] = await Promise.all([
    import('../io/root-files.ts'),
    import('../io/issuing-file.ts'),
  ])
  const knownRoots = openKnownRoots()
  const { targets, device, years, held, now } = options
  const found = targets.length === 0 ? undefined : await find(options, knownRoots, io)
  const plan = found?.plan
  const report: TrustReport = {
    asked: {
      targets: targets.map(blankUrl),
      rootFiles: options.rootFiles,
      device,
      years,
      emit: options.emit !== undefined,
    },
    plan,
    fetches: found?.fetches ?? [],
    held: undefined,
    stored: plan === undefined ? undefined : await readStored(options, plan, knownRoots),
    emitted: plan === undefined ? undefined : await emit(options, plan),
  }
  if (held === undefined) return report
  const [{ findHeldChains }, { openDevice }] = await Promise.all([
    import('../judge/held-chains.ts'),
    import('../io/open-device.ts'),
  ])
  const opened = plan?.device ?? (await openDevice(device, { catalogue: options.catalogue, knownRoots }))
  return { ...report, held: findHeldChains(held, openIssuing(knownRoots), opened, knownRoots, now) }
}

type Known = Parameters<typeof import('../io/issuing-file.ts').openIssuing>[0]

async function find(options: TrustOptions, knownRoots: Known, io: CliIo) {
  const { findTrust } = await import('../io/trust.ts')
  const { targets, device, roots, held, now, serviceEnd, headers, sendSecrets, timeoutMs, catalogue } =
    options
  const progress = new ProgressLine(io)
  try {
    return await findTrust({
      targets: targets.map((target) => ({ target })),
      device,
      roots,
      held: held ?? [],
      verify: 'full',
      now,
      serviceEnd,
      headers,
      sendSecrets,
      byteLimit: undefined,
      timeoutMs,
      fetchIssuers: options.fetchIssuers,
      catalogue,
      knownRoots,
      onProgress: (step) => progress.show(step),
    })
  } finally {
    progress.clear()
  }
}

/** Roots that might be stored: those needed, those of the same way, and every root known here. */
async function readStored(
  { storedFile }: TrustOptions,
  plan: RootPlan,
  knownRoots: Known,
): Promise<TrustReport['stored']> {
  if (storedFile === undefined) return undefined
  const [{ readInput }, { InputError }, { systemAnchors }, { findStored }, { matchStored }] =
    await Promise.all([
      import('../io/input-file.ts'),
      import('../io/input-error.ts'),
      import('../io/root-files.ts'),
      import('../x509/modem-credentials.ts'),
      import('../judge/stored-roots.ts'),
    ])
  const bytes = await readInput(storedFile, 'the answer of AT%CMNG=1, as text')
  const { decodeText } = await import('../x509/pem.ts')
  const listing = findStored(decodeText(bytes))
  if (listing.length === 0) {
    throw new InputError(
      'no-listing',
      `${storedFile} lists nothing: there is no line %CMNG: <sec_tag>,<type>,"<sha>"`,
      'give the answer of AT%CMNG=1, taken while the modem is offline (AT+CFUN=4)',
      storedFile,
    )
  }
  const needed = plan.chosen.map(({ candidate }) => candidate.certificate)
  const options = plan.hosts.flatMap((host) => host.options.map(({ candidate }) => candidate.certificate))
  const known = knownRoots.map(({ certificate }) => certificate)
  return matchStored(listing, needed, [...options, ...known, ...systemAnchors()])
}

async function emit(
  { emit: format, folder, secTag }: TrustOptions,
  plan: RootPlan,
): Promise<TrustReport['emitted']> {
  if (format === undefined) return undefined
  const [{ anchorsToStore }, { formatCredential }, { unfitFormat }, { writeCredential }] = await Promise.all([
    import('../judge/root-plan.ts'),
    import('../credential/credential.ts'),
    import('../credential/formats-for-device.ts'),
    import('../io/write-credential.ts'),
  ])
  const anchors = anchorsToStore(plan)
  if (anchors.length === 0) return undefined
  const credential = formatCredential(format, anchors, {
    secTag,
    storedLimit: plan.device.limits.storedAnchorBytes,
  })
  await writeCredential(credential, folder)
  const unfit = unfitFormat(format, plan.device)
  const missed = format === 'esp-idf-bundle' ? await missedByBundle(plan) : []
  const problems = [...credential.problems, ...(unfit === undefined ? [] : [unfit]), ...missed]
  return { credential: { ...credential, problems }, folder }
}

async function missedByBundle(plan: RootPlan): Promise<CredentialProblem[]> {
  const [{ bundleMisses }, { bundleMissWords }] = await Promise.all([
    import('../judge/bundle-search.ts'),
    import('../report/trust-words.ts'),
  ])
  const chosen = plan.chosen.map(({ candidate }) => candidate.certificate)
  return bundleMisses(plan.hosts, chosen).map((miss) => {
    return { code: 'not-looked-for', text: bundleMissWords(miss) }
  })
}

function exitCodeOf({ plan, held, stored, emitted }: TrustReport): number {
  // A certificate that is no CA gets here only as a server's own, self-signed: that is said, and works.
  const passable = ['may-be-too-large', 'not-a-ca', 'not-looked-for', 'not-for-device']
  const problems = emitted?.credential.problems ?? []
  if (problems.some(({ code }) => !passable.includes(code))) return exitCodes.blocked
  // The SDK may build its own list of roots in beside these; a build may load more forms than are known here.
  const open = ['not-looked-for', 'not-for-device']
  if (plan?.state === 'fits' && problems.some(({ code }) => open.includes(code))) {
    return exitCodes.undecided
  }
  if (plan?.state === 'fits' && stored !== undefined && stored.missing.length > 0) {
    // A hash that is none of those tried may be the root, written in another way.
    const unread = stored.entries.some(({ use }) => use === 'unknown')
    return unread ? exitCodes.undecided : exitCodes.blocked
  }
  if (plan !== undefined) {
    return { fits: exitCodes.done, blocked: exitCodes.blocked, undecided: exitCodes.undecided }[plan.state]
  }
  const states = held?.chains.map(({ state }) => state) ?? []
  if (states.includes('fits')) return exitCodes.done
  const unknown = held?.without.some(({ intermediate }) => intermediate) ?? false
  return unknown || states.includes('undecided') ? exitCodes.undecided : exitCodes.blocked
}
