import type { Finding } from '../finding/finding.ts'
import type { HeldChain } from '../judge/held-chains.ts'
import type { HostOption, HostPlan } from '../judge/host-plan.ts'
import { type Candidate, nameOf } from '../judge/root-candidates.ts'
import type { Life } from '../judge/root-life.ts'
import type { ChosenRoot } from '../judge/root-plan.ts'
import type { Json } from '../observe/observation-json.ts'
import { keyWords } from './certificates-words.ts'
import { credentialJson } from './credential-json.ts'
import { plain } from './json.ts'
import { needsNewAnchor, type TrustReport } from './trust-report.ts'
import { formatSentence, formatTitle } from './words.ts'

type JsonObject = { readonly [key: string]: Json }

/** `tlsfit/trust@1`: what `tlsfit trust --format json` prints. */
export function trustJson(report: TrustReport): JsonObject {
  const { plan, asked, held, stored, emitted, fetches } = report
  return {
    schema: 'tlsfit/trust@1',
    device: plan?.device.id ?? asked.device,
    state: plan?.state ?? null,
    years: asked.years,
    now: plan?.now.toISOString() ?? null,
    serviceEnd: plan?.serviceEnd.toISOString() ?? null,
    needsNewAnchor: held === undefined ? null : needsNewAnchor(report),
    roots: plan?.chosen.map(chosenJson) ?? [],
    lasting:
      plan?.lasting === undefined
        ? null
        : {
            roots: plan.lasting.roots.map(candidateJson),
            until: plan.lasting.until.toISOString(),
          },
    bounded: plan?.bounded ?? false,
    hosts: plan?.hosts.map(hostJson) ?? [],
    held:
      held === undefined
        ? null
        : {
            chains: held.chains.map(heldJson),
            elsewhere: held.elsewhere.map(({ id, ca, name }) => ({ id, ca, name })),
            without: held.without.map(({ certificate, label }) => ({
              label,
              subject: nameOf(certificate),
              sha256: certificate.sha256,
              isCa: certificate.isCa,
            })),
          },
    stored:
      stored === undefined
        ? null
        : {
            entries: stored.entries.map(({ securityTag, type, sha256, line, use, is }) => ({
              securityTag,
              type,
              sha256: sha256 ?? null,
              line,
              use,
              is:
                is === undefined
                  ? null
                  : { subject: nameOf(is.certificate), sha256: is.certificate.sha256, form: is.form },
            })),
            missing: stored.missing.map((one) => ({ subject: nameOf(one), sha256: one.sha256 })),
          },
    emitted: emitted === undefined ? null : { folder: emitted.folder, ...credentialJson(emitted.credential) },
    fetched: fetches.map(({ url, outcome }) => ({ url, outcome })),
  }
}

function chosenJson(root: ChosenRoot): JsonObject {
  return {
    ...candidateJson(root.candidate),
    ...lifeJson(root.life),
    hosts: [...root.hosts],
    pemBytes: root.pemBytes,
    storedAs: root.storedAs,
    missingFromBundle: root.missingFromBundle,
  }
}

function candidateJson({ certificate, known, kind, origin, heldAs }: Candidate): JsonObject {
  return {
    id: known?.id ?? null,
    subject: nameOf(certificate),
    sha256: certificate.sha256,
    kind,
    origin,
    heldAs: heldAs ?? null,
    derBytes: certificate.der.length,
    key: keyWords(certificate.publicKey),
  }
}

function lifeJson({ until, by, notAfter, distrust, bridge }: Life): JsonObject {
  return {
    until: plain(until),
    endsBy: by,
    notAfter: plain(notAfter),
    distrust: distrust === undefined ? null : plain(distrust),
    bridge: bridge === undefined ? null : plain(bridge),
  }
}

function hostJson(host: HostPlan): JsonObject {
  const { view, state, options, reasons, risks, beyond, stopgap } = host
  const source = (view.chains[0]?.observations[0] ?? view.unseen[0])?.source ?? 'dial'
  const told = (finding: Finding): JsonObject => ({
    id: finding.id,
    effect: finding.effect,
    stage: finding.stage,
    title: formatTitle(finding.id),
    sentence: formatSentence(finding, source),
    details: plain(finding.details),
  })
  return {
    host: view.host,
    port: view.port ?? null,
    state,
    chains: view.chains.map(({ addresses, certificates }) => ({
      addresses: [...addresses],
      certificates: certificates.map((one) => ({
        subject: nameOf(one),
        sha256: one.sha256,
        derBytes: one.der.length,
      })),
      bytes: certificates.reduce((sum, { der }) => sum + der.length, 0),
    })),
    options: options.map(optionJson),
    reasons: reasons.map(told),
    risks: risks.map(told),
    beyond: beyond.map(told),
    stopgap: stopgap === undefined ? null : optionJson(stopgap),
  }
}

function optionJson(option: HostOption): JsonObject {
  return {
    ...candidateJson(option.candidate),
    ...lifeJson(option.life),
    chosen: option.chosen,
    state: option.state,
    findings: [...new Set(option.reasons.map(({ id }) => id))],
    pathBytes: option.pathBytes ?? null,
    pathCertificates: option.pathCertificates ?? null,
    passedOver: option.passedOver ?? null,
  }
}

function heldJson(chain: HeldChain): JsonObject {
  const { issued, root, anchor, state, because, sentBytes, pathBytes, until, by } = chain
  return {
    id: issued.id,
    ca: issued.ca,
    name: issued.name,
    issuedTo: issued.issuedTo,
    key: issued.leaf.key,
    leafBytes: issued.leaf.derBytes ?? null,
    root: root.id,
    heldAs: anchor.certificate.sha256 === root.certificate.sha256 ? 'root' : 'name-and-key',
    state,
    because: because.map((one) => plain(one)),
    sentBytes: sentBytes ?? null,
    pathBytes: pathBytes ?? null,
    until: plain(until),
    endsBy: by,
    source: issued.source,
    asOf: issued.asOf,
  }
}
