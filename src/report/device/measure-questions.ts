import type { RecipeName } from './measure-recipes.ts'

/** What to ask about a value that is not known, and which recipe answers it. One row a value. */
export type MeasureQuestion = readonly [recipe: RecipeName, question: string]

// biome-ignore format: one row a value
export const measureQuestions: Readonly<Record<string, MeasureQuestion>> = {
  'hello.versions':         ['capture', 'Which versions of TLS does its hello offer?'],
  'hello.cipherSuites':     ['capture', 'Which cipher suites does it offer, in which order?'],
  'hello.groups':           ['capture', 'Which groups does it offer for the key exchange?'],
  'hello.keyShares':        ['capture', 'For which groups does it send a key share at once? (TLS 1.3 only)'],
  'hello.signatureSchemes': ['capture', 'Which signature schemes does it offer?'],
  'hello.extensions':       ['capture', 'Which extensions does it send, in which order?'],
  'hello.sni':              ['capture', 'Does it send the server name, and when not?'],
  'hello.maxFragmentLength': ['capture', 'Does it ask for shorter records (max_fragment_length), and how short?'],
  'hello.recordSizeLimit':  ['capture', 'Does it send record_size_limit, and with which size?'],
  'hello.alpn':             ['capture', 'Can it send ALPN?'],

  'limits.chainBytes':            ['weigh', 'How many bytes of certificates does it take?'],
  'limits.certificateBytes':      ['weigh', 'How large may one certificate be?'],
  'limits.handshakeMessageBytes': ['weigh', 'How large may one handshake message be?'],
  'limits.chainCertificates':     ['weigh', 'How many certificates may a server send?'],
  'limits.rsaKeyBits':            ['weigh', 'Which RSA key is the largest that it verifies?'],
  'limits.recordBytes':           ['download', 'Which record is the largest that it reads? Raise --max-record from 512 to 16384 until the download fails.'],
  'limits.rsaKeyBitsMin':         ['certificates', 'Which RSA key is the smallest that it accepts? Make the leaf with -newkey rsa:1024, and serve it with -cipher ALL@SECLEVEL=0.'],
  'limits.storedAnchorBytes':     ['certificates', 'How large may a stored root be? Load roots made with -newkey rsa:2048, rsa:4096 and rsa:8192.'],

  'verification.peer':  ['stranger', 'Does it verify the certificate? Do not load the CA: a device that downloads verifies nothing.'],
  'verification.name':  ['stranger', 'Does it check the host name? Load the CA, and connect by another name that leads to the same address.'],
  'verification.dates': ['stranger', 'Does it check dates? Load the CA, and set its clock ten years ahead.'],
  'verification.certificateSignatures': ['certificates', 'Which signatures may certificates carry? Add -sha384 or -sha512, or sign with another kind of key.'],
  'verification.ipAddressSan': ['certificates', 'Does it match an IP address in the URL with one in the certificate? Write subjectAltName=IP:… instead of DNS:….'],

  'trust.leafAnchor':         ['certificates', 'Does it take the server’s own certificate as its root? Have a CA sign the leaf, and load the leaf alone.'],
  'trust.intermediateAnchor': ['certificates', 'Does it take an intermediate as its root? Load that one alone.'],
  'trust.crossSignedTwin':    ['certificates', 'Does it find its root where the server sends that root’s cross-signed twin? Load the new root, and send the twin last.'],
  'trust.wrongOrder':         ['certificates', 'Does it take certificates in the wrong order? Turn rest.pem around.'],
  'trust.sentIntermediates':  ['certificates', 'Does it use the intermediates that are sent? Load the root alone.'],

  'build.rules':              ['read', 'Which TLS library is inside, in which version?'],
  'build.hashes':             ['certificates', 'Which hashes are compiled in? Sign the leaf with -sha384 and -sha512.'],
  'build.certificateGroups':  ['certificates', 'On which curves may a certificate’s key lie? Write ec_paramgen_curve:P-384 or P-521.'],
  'build.keyExchanges':       ['read', 'Which key exchanges are compiled in: static RSA, DHE, ECDHE?'],
  'build.receiveBuffer':      ['read', 'Does its receive buffer shrink after the handshake?'],
  'build.alternativeChains':  ['read', 'Does it look for another path when the issuer sent is not trusted? (wolfSSL: WOLFSSL_ALT_CERT_CHAINS)'],
  'build.compatibilityLayer': ['read', 'Is the OpenSSL layer built in? (wolfSSL: OPENSSL_ALL)'],
  'build.pssBelow13':         ['certificates', 'Does it take a key exchange of TLS 1.2 that is signed with RSA-PSS? Add -tls1_2 -sigalgs rsa_pss_rsae_sha256.'],
  'build.sentRecordBytes':    ['read', 'Which record is the largest that it sends?'],
  'build.heapBytes':          ['read', 'How much heap may TLS take?'],

  'http.rangeBytes':        ['download', 'How many bytes does it ask for in one range?'],
  'http.onRecordTooLarge':  ['download', 'What does it do about a record that is too large? Write --max-record 16384.'],
  'http.pathBytes':         ['download', 'How long may path and query be? Serve a folder with longer and longer names.'],
  'http.hostBytes':         ['download', 'How long may the host name be? Serve under longer and longer --name.'],
  'http.requestBytes':      ['download', 'How large may its own request be? Lengthen path and name together.'],
  'http.requestHeaders':    ['plain', 'Which header lines does it send?'],
  'http.responseHeadBytes': ['answers', 'How large may the head of an answer be? Lengthen a header line until it fails.'],
  'http.redirects':         ['answers', 'Does it follow redirects? Answer 302 with a Location.'],
  'http.contentLength':     ['answers', 'Does it need Content-Length? Answer without.'],
  'http.rangeSupport':      ['answers', 'Does it need ranges? Answer 200 with the whole file.'],
  'http.contentCodings':   ['answers', 'Does it unpack a body? Answer with Content-Encoding: gzip, and the file packed.'],
  'http.rangeChoices':      ['read', 'Which range sizes can be chosen?'],
  'http.rangeSetting':      ['read', 'Which setting chooses the range size?'],
  'http.headSlackBytes':    ['read', 'How much room is to be left for the head of an answer?'],

  'mqtt.protocolLevel':    ['broker', 'Which version of MQTT does it speak?'],
  'mqtt.keepAliveSeconds': ['broker', 'Which keep alive does it ask for?'],

  http: ['download', 'What does its HTTP client ask for, and what does it take?'],
  mqtt: ['broker', 'Which MQTT does it speak?'],
  handshakeFragments: ['certificates', 'Does it take a handshake message that is cut over several records? Add -max_send_frag 512.'],
  anchorsHeld: ['held', 'Which roots does it hold?'],
}
