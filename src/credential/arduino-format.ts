import type { CredentialWriter } from './credential.ts'
import { describeAnchor, guarded, pemLiterals, textFile } from './source-text.ts'
import { checkStored, storedAsPemWithNul } from './stored-size.ts'

/**
 * Arduino on ESP32 (`setCACert` parses `strlen + 1` bytes: espressif/arduino-esp32 @010e6a05 ssl_client.cpp) and on
 * ESP8266 (`BearSSL::X509List`, PEM or DER: esp8266/Arduino bearssl-client-secure-class.rst). Both take several anchors
 * in one string.
 */
export const writeArduino: CredentialWriter = ({ anchors, name, limit }) => {
  const stored = anchors.map(storedAsPemWithNul)
  const lines = [
    '#include <Arduino.h>',
    '',
    '/*',
    ' * ESP32:',
    ' *   NetworkClientSecure client;  // before core 3.0: WiFiClientSecure',
    ` *   client.setCACert(${name}_pem);`,
    ' * ESP8266:',
    ` *   BearSSL::X509List anchors(${name}_pem);  // must live as long as the client`,
    ' *   BearSSL::WiFiClientSecure client;',
    ' *   client.setTrustAnchors(&anchors);',
    ' */',
    ...anchors.map((anchor) => `/* ${describeAnchor(anchor)} */`),
    `static const char ${name}_pem[] PROGMEM =`,
    `${pemLiterals(anchors)};`,
  ]
  return {
    files: [textFile(`${name}.h`, guarded(name, lines), 'header for Arduino on ESP32 and ESP8266')],
    stored,
    limit,
    notes: [
      `ESP32: client.setCACert(${name}_pem)`,
      `ESP8266: BearSSL::X509List anchors(${name}_pem); client.setTrustAnchors(&anchors); set the clock first (configTime), the dates are checked`,
    ],
    problems: checkStored(stored, limit),
  }
}
