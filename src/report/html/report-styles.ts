/** The styles of a report of `check`, after those of every page. Colours are the page's. */
export const reportStyles = `main { display: flex; flex-direction: column; reading-flow: flex-visual; max-width: 60rem; }
main > * { min-width: 0; width: 100%; }
p, li, dd { overflow-wrap: anywhere; }
header, #summary { order: -1; }
header { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; }
nav { display: flex; flex-wrap: wrap; gap: 0 1rem; }
h2 { scroll-margin-top: .5rem; }
h4 { font-size: .9375rem; margin: 1.25rem 0 .4rem; }
section.target { content-visibility: auto; contain-intrinsic-size: auto 60rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.id { font: .8125rem ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; color: var(--dim); }
.wide { overflow-x: auto; position: relative; background:
  linear-gradient(to right, var(--paper) 1rem, transparent 2rem) left / 2rem 100% local,
  linear-gradient(to left, var(--paper) 1rem, transparent 2rem) right / 2rem 100% local,
  linear-gradient(to right, var(--bar), transparent) left / .6rem 100% scroll,
  linear-gradient(to left, var(--bar), transparent) right / .6rem 100% scroll; background-repeat: no-repeat; }
.counts { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
.tag { white-space: nowrap; }
.verdict { border: 1px solid var(--line); border-left: .35rem solid var(--bar); border-radius: .3rem;
  padding: .9rem 1rem .4rem; margin: 0 0 1rem; }
.verdict.bad { color: inherit; border-left-color: var(--bad); }
.verdict.warn { color: inherit; border-left-color: var(--warn); border-left-style: double; }
.verdict.open { color: inherit; border-left-color: var(--open); border-left-style: dashed; }
.verdict.good { color: inherit; border-left-color: var(--good); }
.rest { padding: 0 1.1rem; }
.rest > h3 { margin: 2rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.verdict h3 { margin: 0 0 .75rem; font-weight: 600; }
.verdict li { margin: 0 0 .5rem; }
.stages { display: flex; flex-wrap: wrap; gap: .3rem; list-style: none; padding: 0; font-size: .8125rem; }
.stages li { margin: 0; padding: 0 .5em; border: 1px solid currentColor; border-radius: 1em; }
.stages .dim, .stages .beyond { border-style: dotted; }
.stages .beyond { border-radius: 0; }
.facts > div { display: grid; grid-template-columns: 4.5rem 1fr; gap: 0 .75rem; margin: 0 0 .5rem; }
.facts dt { color: var(--dim); }
.facts dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.place { margin: 0 0 .5rem; }
.place summary, .pictures > summary { font-weight: 600; }
.place ol, .findings { padding-left: 1.5rem; }
.fix { margin: .25rem 0; }
blockquote { margin: .4rem 0; padding: .1rem .8rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
blockquote p { margin: .3rem 0; }
table { font-size: .9375rem; }
td.number, td code { white-space: nowrap; }
.marks td, .room td { overflow-wrap: normal; }
.room th[scope=row], .certificates td, .marks td { font-weight: 400; color: var(--ink); font-size: .9375rem; }
.meter { width: 30%; min-width: 6rem; vertical-align: middle; }
.matrix th[scope=row] { font-weight: 400; min-width: 11rem; }
.matrix .device { overflow-wrap: anywhere; min-width: 8.5rem; }
.matrix.narrow .device { min-width: 0; vertical-align: bottom; }
.matrix.narrow .device span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 14rem; }
figure { margin: 1.25rem 0 2rem; }
figcaption { margin: 0 0 .6rem; overflow-wrap: anywhere; }
.wire .picture { max-width: 36rem; }
.picture { overflow: hidden; margin: 0 0 .75rem; }
.legend { font-size: .875rem; padding-left: 1.25rem; }
.picture text.figures { font-variant-numeric: tabular-nums; fill: var(--dim); }
.picture text.strong { font-weight: 600; fill: var(--ink); }
.picture text.over-words { fill: var(--bad); }
.rail, .life, .axis { stroke: var(--line); }
.life { stroke-width: 2; stroke: var(--bar); }
.axis { stroke: var(--dim); }
.seam { stroke: var(--paper); stroke-width: 1.5; }
.fill-sent { fill: var(--bar); stroke: var(--dim); }
.fill-needed { fill: var(--panel); stroke: var(--accent); }
.fill-over { fill: var(--bad-soft); stroke: var(--bad); }
.fill-room { fill: var(--paper); stroke: var(--dim); }
.fill-plain { fill: var(--dim); }
.hatch { stroke: none; }
.stroke-needed { stroke: var(--accent); stroke-width: 4; }
.stroke-over { stroke: var(--bad); stroke-width: 2.5; fill: none; }
.limit-figure { stroke: var(--ink); stroke-width: 2; }
.limit-least, .limit-disputed { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; }
.limit-passes { stroke: var(--good); stroke-width: 2; }
.limit-fails { stroke: var(--bad); stroke-width: 2; }
.limit-lead { stroke: var(--dim); stroke-dasharray: 1 3; }
.picture text.mark { font-size: 12px; font-weight: 600; }
.picture text.mark-passes, .mark-passes { fill: var(--good); color: var(--good); }
.picture text.mark-fails, .mark-fails { fill: var(--bad); color: var(--bad); }
.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.arrow { stroke: var(--accent); stroke-width: 1.5; }
.arrow-head { fill: var(--accent); }
.arrow.after { stroke: var(--bar); stroke-dasharray: 4 4; }
.arrow-head.after { fill: var(--bar); }
.picture text.after { fill: var(--dim); }
.stop-band { fill: var(--bad-soft); stroke: var(--bad); stroke-width: 1.5; }
.open-band { fill: var(--open-soft); stroke: var(--open); stroke-width: 1.5; stroke-dasharray: 5 3; }
.picture text.stop-words { fill: var(--bad); }
.picture text.open-words { fill: var(--open); }
.at-stop { stroke: var(--bad); stroke-width: 2; }
.at-risk, .at-grows { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 5 3; }
.at-open { stroke: var(--open); stroke-width: 2; stroke-dasharray: 5 3; }
.picture text.at-words-stop { fill: var(--bad); }
.picture text.at-words-risk, .picture text.at-words-grows { fill: var(--warn); }
.picture text.at-words-open { fill: var(--open); }
@media (max-width: 36rem) {
  main { padding: 1rem .75rem 3rem; }
  .verdict { padding: .75rem .7rem .3rem; }
  .rest { padding: 0 .7rem; }
  .facts > div { grid-template-columns: 1fr; }
  .picture text { font-size: 12px; }
  .marks td, .marks th, .certificates td, .certificates th { font-size: .8125rem; padding-right: .4rem; }
  .marks td, .certificates td { overflow-wrap: anywhere; }
  .marks td.number, .certificates td.number { overflow-wrap: normal; }
  .matrix th, .matrix td { padding-right: .35rem; }
  .matrix th[scope=row] { min-width: 6.5rem; font-size: .8125rem; overflow-wrap: anywhere; }
  .matrix .device { min-width: 6.5rem; font-size: .8125rem; }
  .room .meter, .room th:last-child { display: none; }
}
@page { size: A4; }
@media print {
  section.target, #devices { break-before: page; content-visibility: visible; }
  nav { display: none; }
  .wide { overflow: visible; }
  .verdict { break-inside: auto; }
  .stages, .facts > div, .findings li { break-inside: avoid; }
}
`
