// Texts that mean something to a format which foreign text is written into.

/** To HTML and XML. */
export const markupMarks: readonly string[] = [
  ...`< > & " ' <b> </p> </code> </failure> </details> <!-- --> <? ]]> <![CDATA[ &lt &lt; &#60; &#x3c;`.split(
    ' ',
  ),
  '<svg onload=x>',
  '<img src=x onerror=1>',
]

/** To Markdown, tables and formulas among it. */
export const markdownMarks: readonly string[] = [
  ...'` ``` ~~~ * ** _ a_b ~~ | \\ \\| [ ] ](x) ![ [x](javascript:1) ![i](//h/x) [^1] # = --- :- $ $$ $x$ { }'.split(
    ' ',
  ),
  ...['[^1]: ', '[ ] ', '[x] ', '# ', '- ', '+ ', '1. ', '1) ', '> ', '    ', ' '],
  ...['\n', '\n\n', '\n# h', '\n\n- x', '\n---\n'],
]

/** What GitHub makes links, mentions and pictures of. */
export const linkMarks: readonly string[] =
  '@someone #1 #12 GH-3 o/r#4 :tada: www.a.example WWW.A.b https://a.example/ ftp://x a@b.example mailto:a@b.c xmpp:a@b.c'.split(
    ' ',
  )

/** To terminals: orders, what turns or hides text, halves of pairs and what is no character. */
export const terminalMarks: readonly string[] = [
  ...[
    '\u001b[2J',
    '\u009b31m',
    '\u0000',
    '\u0007',
    '\u0008',
    '\t',
    '\r',
    '\u00a0',
    '\u200b',
    '\u2028',
    '\u202e',
  ],
  ...['\ud800', '\ufffe', '\uffff'],
]

/** To runners of CI, and to templates. */
export const orderMarks: readonly string[] = [
  ...['\r\n::warning::x', '::set-output name=a::b', '##vso[task.complete]'],
  ...['{{ secrets.X }}', '{0}', '%0A'],
]
