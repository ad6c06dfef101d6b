import { byFamily, type FixContext, numberFact } from './fix-context.ts'

const modemRoot = ['AT+CFUN=4', 'AT%CMNG=0,<sec_tag>,0,"<root, PEM with LF line ends>"', 'AT+CFUN=1']

/** esp8266/Arduino WiFiClientSecureBearSSL.h: the list has to live as long as the client. */
export const bearSslRoot = ['static BearSSL::X509List root(root_pem);', 'client.setTrustAnchors(&root);']
/** espressif/arduino-esp32 NetworkClientSecure.h */
export const arduinoRoot = ['client.setCACert(root_pem);']

/** Lines that store a root on this device, in the words of its SDK; empty where these are not known. */
export function storeCommands(c: FixContext): readonly string[] {
  return byFamily<readonly string[]>(c, {
    ncs: modemRoot,
    nrf9160: modemRoot,
    'esp-idf': [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a CMake variable
      'target_add_binary_data(${COMPONENT_TARGET} "server_root.pem" TEXT)  # CMakeLists.txt',
      'extern const char server_root_pem_start[] asm("_binary_server_root_pem_start");',
      '.cert_pem = server_root_pem_start,  /* esp_http_client_config_t */',
    ],
    'esp8266-arduino': bearSslRoot,
    'arduino-esp32': arduinoRoot,
    spwf04sx: ['openssl x509 -in root.pem -outform DER -out root.der', ...derCommands(c)],
    other: [],
  })
}

/** Lines that store a root as DER. */
export function derCommands(c: FixContext): readonly string[] {
  const bytes = numberFact(c, 'derBytes')
  return byFamily<readonly string[]>(c, {
    spwf04sx: [
      'AT+S.TLSCERT=content,2',
      `AT+S.TLSCERT=ca,${bytes ?? '<bytes of root.der>'}`,
      '<the bytes of root.der>',
    ],
    other: [],
  })
}
