import type {
  DeviceHello,
  DeviceLimits,
  HttpClientProfile,
  MqttClientProfile,
  StackBuild,
  TrustSemantics,
  Verification,
} from './device.ts'

// What is known of a device before its profile says anything: every part named, every part undefined.

export const unknownHello: DeviceHello = {
  versions: undefined,
  cipherSuites: undefined,
  groups: undefined,
  keyShares: undefined,
  signatureSchemes: undefined,
  extensions: undefined,
  sni: undefined,
  maxFragmentLength: undefined,
  recordSizeLimit: undefined,
  alpn: undefined,
  origin: 'assumed',
}

export const unknownLimits: DeviceLimits = {
  chainBytes: undefined,
  certificateBytes: undefined,
  handshakeMessageBytes: undefined,
  recordBytes: undefined,
  chainCertificates: undefined,
  rsaKeyBits: undefined,
  rsaKeyBitsMin: undefined,
  storedAnchorBytes: undefined,
}

export const unknownVerification: Verification = {
  peer: undefined,
  name: undefined,
  dates: undefined,
  certificateSignatures: undefined,
  ipAddressSan: undefined,
}

export const unknownTrust: TrustSemantics = {
  leafAnchor: undefined,
  intermediateAnchor: undefined,
  crossSignedTwin: undefined,
  wrongOrder: undefined,
  sentIntermediates: undefined,
}

export const unknownBuild: StackBuild = {
  rules: undefined,
  hashes: undefined,
  certificateGroups: undefined,
  keyExchanges: undefined,
  receiveBuffer: undefined,
  alternativeChains: undefined,
  compatibilityLayer: undefined,
  pssBelow13: undefined,
  sentRecordBytes: undefined,
  heapBytes: undefined,
}

export const unknownHttp: HttpClientProfile = {
  rangeBytes: undefined,
  rangeChoices: undefined,
  rangeSetting: undefined,
  onRecordTooLarge: undefined,
  responseHeadBytes: undefined,
  pathBytes: undefined,
  hostBytes: undefined,
  requestBytes: undefined,
  redirects: undefined,
  contentLength: undefined,
  rangeSupport: undefined,
  contentCodings: undefined,
  requestHeaders: undefined,
  headSlackBytes: undefined,
}

export const unknownMqtt: MqttClientProfile = { protocolLevel: undefined, keepAliveSeconds: undefined }
