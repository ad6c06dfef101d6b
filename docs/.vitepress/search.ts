import type { DefaultTheme } from 'vitepress'

/**
 * The search of the site: an index of its own that is fetched with the page, no service. vitepress writes these functions
 * into the page as text, so none may use anything outside itself.
 */
export const localSearch: DefaultTheme.LocalSearchOptions = {
  async _render(source, env, md) {
    return wordsApart(await md.renderAsync(source, env))
  },
  miniSearch: {
    options: {
      /** `MBEDTLS_ERR_X509_CERT_VERIFY_FAILED` as one word and as its parts; `-0x2700` without its sign. */
      tokenize(text) {
        const words: string[] = text.match(/[\p{L}\p{N}_]+/gu) ?? []
        return words.flatMap((word) =>
          word.includes('_') ? [word, ...word.split('_').filter((part) => part !== '')] : [word],
        )
      },
    },
    searchOptions: {
      combineWith: 'AND',
      prefix: true,
      /** `-0x2700` is not `-0x2300`. */
      fuzzy: (term) => (/\d/.test(term) ? false : 0.2),
      boost: { title: 8, titles: 4, text: 1 },
      /** Who searches for an error wants the finding before the table that lists the number. */
      boostDocument(id) {
        if (/\/findings\//.test(id)) return 4
        if (/\/(?:start|stories)\//.test(id)) return 2
        return /\/(?:words|devices|files|api)\//.test(id) || id.includes('changelog') ? 0.5 : 1
      },
    },
  },
}

/** vitepress takes the tags out, and nothing else: cells of a table would be one word, and entities stay as they are. */
function wordsApart(html: string): string {
  return html
    .replace(/<\/(?:td|th|li|p|pre|summary|h\d)>|<br>/g, '$& ')
    .replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)).replace(/[<>]/, ' '))
    .replace(/&(?:lt|gt|amp|quot);/g, ' ')
}
