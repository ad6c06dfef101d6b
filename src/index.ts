/**
 * tlsfit: see any TLS endpoint through a constrained device's eyes.
 *
 * @packageDocumentation
 * @example
 * const verdicts = await check(checkRequest({ target: 'https://example.com/', devices: ['nrf9160@1.3.7'] }))
 * console.log(formatText(verdicts, { color: false, columns: 80 }))
 */

// Certificates, trust and TLS: the parts underneath.
export { DecodeError, type DecodeErrorCode } from './codec/decode-error.ts'
// Devices: profiles, their layers and their limits.
export { type Catalogue, listDevices, resolveDevice } from './device/catalogue.ts'
export type {
  Confidence,
  Device,
  DeviceConfiguration,
  DeviceHello,
  DeviceLayer,
  DeviceLimits,
  ErrorWords,
  FailureKind,
  HttpClientProfile,
  LaterVersion,
  MqttClientProfile,
  Sourced,
  StackBuild,
  TrustSemantics,
  Verification,
} from './device/device.ts'
export { DeviceIdError } from './device/device-id.ts'
export type { FieldRow } from './device/evidence.ts'
export type { Counting, Limit, Readings } from './device/limit.ts'
export { makeCatalogue } from './device/make-catalogue.ts'
// Findings and cures: two closed vocabularies.
export { type Cause, causes } from './finding/cause.ts'
export { type Details, type FindingId, findings } from './finding/details.ts'
export type { DeviceWords, Effect, Finding, FindingOf, FixSuggested, LimitCited } from './finding/finding.ts'
export { type FixId, fixIds } from './finding/fix.ts'
export { type Stage, stages } from './finding/stage.ts'
export { openCatalogue } from './io/catalogue-files.ts'
// Look at a target for devices: the whole of `tlsfit check`.
export { check } from './io/check.ts'
export { checkRequest } from './io/check-defaults.ts'
export type { CheckRequest, Progress } from './io/check-request.ts'
export { InputError } from './io/input-error.ts'
export { openKnownRoots } from './io/root-files.ts'
// The roots that a device needs: the whole of `tlsfit trust`.
export { findTrust, type TrustFound, type TrustRequest, type TrustTarget } from './io/trust.ts'
export type { HostOption, HostPlan, Root } from './judge/host-plan.ts'
// Judge: facts to findings. Pure.
export { judge } from './judge/judge.ts'
export type { JudgeInput, VerifyMode } from './judge/judge-input.ts'
export type { Candidate } from './judge/root-candidates.ts'
export type { Life } from './judge/root-life.ts'
export type { ChosenRoot, RootPlan } from './judge/root-plan.ts'
export type { Margin, Missing, StageVerdict, State, TargetPlace, Verdict } from './judge/verdict.ts'
// Observe: what went over the wire, or stands in a file.
export { observePem } from './observe/from-pem.ts'
export type * from './observe/observation.ts'
export { ObservationFormatError, observationFromJson, observationToJson } from './observe/observation-json.ts'
export { type ParsedTarget, parseTarget, TargetError } from './observe/target.ts'
// Report: verdicts in words.
export { type EscapeOptions, escapeText } from './report/escape.ts'
export { type Fix, type FixOfFinding, type FixOptions, formatFix } from './report/fixes.ts'
export { verdictJson, verdictsJson } from './report/json.ts'
export { formatJson } from './report/json-text.ts'
export { formatText, type TextOptions } from './report/text.ts'
export { formatSentence, formatTitle } from './report/words.ts'
export { TlsClient } from './tls/client.ts'
export type { ClientOffer, OfferedExtension } from './tls/client-offer.ts'
export type { Step } from './tls/step.ts'
export type * from './tls/tls-event.ts'
export { findPaths, type PathSearch, type TrustPath } from './trust/path.ts'
export type { HeldAnchor, KnownRoot, TrustStore } from './trust/trust-store.ts'
export type {
  ByteRange,
  Certificate,
  CertificateExtension,
  GeneralName,
  PublicKeyInfo,
  SignatureClaims,
} from './x509/certificate.ts'
export { decodeCertificate } from './x509/decode-certificate.ts'
export type { Name } from './x509/name.ts'
export { formatPem, PemError, parseCertificates } from './x509/pem.ts'
