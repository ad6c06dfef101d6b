import { isRedirect } from '../http/redirect.ts'
import type { HttpExchange, HttpRequestSent, HttpResponseSeen } from '../observe/observation.ts'
import { judgePresigned } from './http-presigned.ts'
import { missing } from './missing.ts'
import { type Draft, draft, fix, type Judged } from './rule.ts'
import type { Scene } from './scene.ts'

/** The first answer that neither holds a file nor says where one is: TLS is fine, the reason lies behind it. */
export function judgeRefused(scene: Scene, exchanges: readonly HttpExchange[]): Judged {
  const found = exchanges.find(({ response }) => response !== undefined && leadsNowhere(response))
  if (found?.response === undefined) return {}
  const { request, response } = found
  const sas = judgeSas(scene, request, response)
  if (sas !== undefined) return { findings: [sas] }
  const presigned = judgePresigned(scene, request, response)
  if (presigned !== undefined) return { findings: [presigned] }
  const { status, errorCode: code, reason } = response
  const carried = carriesCredential(request)
  if (isAzureStorage(scene, response) && !carried && anonymousCodes.has(code ?? '')) {
    return asked([draft('sas-missing', 'unknown', { status, code }, { fixes: [fix('sas-into-url')] })])
  }
  if (status === 401 || status === 403 || status === 407) {
    // Without a credential of the device's, the refusal may be of us.
    const rejected = draft('auth-rejected', carried ? 'blocks' : 'unknown', { status, code })
    return carried ? { findings: [rejected] } : asked([rejected])
  }
  // What is gone is gone for everyone; other codes may be for our request, or for now.
  const gone = status === 404 || status === 410 || isRedirect(status)
  const effect = gone ? 'blocks' : 'unknown'
  const missingFile = draft('http-status', effect, { status, reason: code ?? reason })
  return { findings: [missingFile] }
}

/** 4xx and 5xx, and a 3xx that names no Location to go to, RFC 9110 §15.4. */
function leadsNowhere({ status, location }: HttpResponseSeen): boolean {
  return status >= 400 || (status >= 300 && !(isRedirect(status) && location !== undefined))
}

function asked(findings: readonly Draft[]): Judged {
  return { findings, missing: [missing('credentials', 'the request carried none', 'request')] }
}

/** A SAS that was sent and refused, with the reason that can be seen in it. */
function judgeSas(scene: Scene, request: HttpRequestSent, response: HttpResponseSeen): Draft | undefined {
  const { status } = response
  const scheme = request.authorizationScheme
  const { sas } = request
  if (![400, 401, 403].includes(status)) return undefined
  const inHeader = sas?.place === 'authorization-header' || scheme?.toLowerCase() === 'sharedaccesssignature'
  // IoT Hub and Service Bus do take such a token in the header; Storage takes it in the URL only.
  if (inHeader && (isAzureStorage(scene, response) || isStorageSas(sas?.parameters))) {
    const details = { status, scheme: scheme ?? 'SharedAccessSignature' }
    return draft('sas-in-authorization-header', 'blocks', details, { fixes: [fix('sas-into-url')] })
  }
  if (sas === undefined) return undefined
  if (sas.doublyEncoded) {
    return draft('sas-doubly-encoded', 'blocks', { status }, { fixes: [fix('encode-sas-once')] })
  }
  if (sas.expiresAt !== undefined && sas.expiresAt < scene.now) {
    const details = { expiresAt: sas.expiresAt, status }
    return draft('sas-expired', 'blocks', details, { fixes: [fix('renew-sas'), fix('set-clock')] })
  }
  return undefined
}

/** Codes of Azure Storage for a request without authorization to what is not public. */
const anonymousCodes = new Set([
  'NoAuthenticationInformation',
  'PublicAccessNotPermitted',
  'ResourceNotFound',
  'AuthenticationFailed',
  'InvalidAuthenticationInfo',
])

/** By what answers, or by the name of the host. */
function isAzureStorage({ leg }: Scene, { server, errorCode }: HttpResponseSeen): boolean {
  if (/^Windows-Azure-(Blob|Table|Queue|File)/i.test(server ?? '')) return true
  if (/\.(blob|table|queue|file|dfs)\.core\.[a-z.-]+$/i.test(leg.host ?? '')) return true
  return errorCode === 'AuthenticationFailed' || errorCode === 'PublicAccessNotPermitted'
}

/** `sv` and `sp` belong to a storage SAS; a token for IoT Hub has `sr`, `sig`, `se` and `skn`. */
function isStorageSas(parameters: readonly string[] | undefined): boolean {
  return parameters?.some((name) => name.toLowerCase() === 'sv') ?? false
}

/** Something in the request stood for the right to it: a header, a SAS, a pre-signed query. */
function carriesCredential({ authorizationScheme, sas, path }: HttpRequestSent): boolean {
  if (authorizationScheme !== undefined || sas !== undefined) return true
  return /[?&](x-amz-signature|signature|sig|token|access_token|key)=/i.test(path)
}
