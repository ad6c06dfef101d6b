/** The styles of a report of `measure`, after those of every page. Colours are the page's. */
export const measuredStyles = `main { max-width: 60rem; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; }
p, li, dd, dt { overflow-wrap: anywhere; }
section.device { margin-bottom: 3rem; }
section.device > h2 { font-size: 1.4rem; border: 0; margin: 0 0 .75rem; padding: 0; }
section.device > h3 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line); }
h4 { font-size: .9375rem; margin: 1.5rem 0 .4rem; }
h2 .dim { font-weight: 400; font-size: .9375rem; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; list-style: none; padding: 0; }
.tiles li { padding: .6rem .9rem; border-radius: .4rem; background: var(--panel); color: var(--ink);
  border-left: .3rem solid var(--bar); }
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles .good { border-color: var(--good); } .tiles .good b { color: var(--good); }
.tiles .warn { border-color: var(--warn); } .tiles .warn b { color: var(--warn); }
.tiles .bad { border-color: var(--bad); } .tiles .bad b { color: var(--bad); }
.tiles .open { border-color: var(--open); } .tiles .open b { color: var(--open); }
.facts > div { display: grid; grid-template-columns: 9rem 1fr; gap: 0 .75rem; margin: 0 0 .25rem; }
.facts dt { color: var(--dim); }
.facts dd { margin: 0; min-width: 0; }
.notice { padding: .7rem .9rem; border-left: .3rem solid var(--bad); background: var(--panel); }
.finding { border: 1px solid var(--line); border-left: .35rem solid var(--bar); border-radius: .3rem;
  padding: .8rem 1rem .2rem; margin: 0 0 .75rem; break-inside: avoid; }
.finding.bad { color: inherit; border-left-color: var(--bad); }
.finding.warn { color: inherit; border-left-color: var(--warn); border-left-style: double; }
.finding.open { color: inherit; border-left-color: var(--open); border-left-style: dashed; }
.finding h4 { margin: 0 0 .5rem; font-size: 1rem; }
.finding p { margin: 0 0 .5rem; }
.refused { columns: 20rem; column-gap: 2rem; }
.refused li { break-inside: avoid; }
.wide { overflow-x: auto; position: relative; }
table { font-size: .9375rem; }
tbody th { font-weight: 400; color: var(--ink); font-size: .9375rem; }
.figure { font-weight: 600; }
.figure .dim { font-weight: 400; font-size: .875rem; }
.day { white-space: nowrap; }
.limits td.figure { white-space: nowrap; }
.pairs { table-layout: fixed; }
.pairs th { width: 12rem; color: var(--dim); }
.names { margin: 0; padding-left: 2.1rem; columns: 18rem; column-gap: 1.5rem; font-size: .875rem; }
.names li { break-inside: avoid; }
.names li::marker { color: var(--dim); font-size: .8125rem; }
.difference { table-layout: fixed; }
.difference th:first-child { width: 24%; }
.difference p { margin: .25rem 0 0; font-size: .875rem; }
.changed-list { margin: 0 0 1.25rem; }
.changed-list p { margin: .25rem 0; }
.changed-list ul { margin: .25rem 0 .5rem; padding: 0; list-style: none; columns: 22rem; column-gap: 1.5rem; font-size: .875rem; }
.changed-list li { break-inside: avoid; overflow-wrap: normal; }
ins, del { text-decoration: none; }
ins { color: var(--good); } del { color: var(--bad); }
.untold > div { margin: 0 0 .5rem; }
.untold dd { margin: 0; color: var(--dim); }
.connections { margin-top: 2.25rem; }
.connections td:last-child { color: var(--dim); }
summary { font-weight: 600; margin: 0 0 .5rem; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .875rem; }
.legend span { display: inline-flex; align-items: center; gap: .4rem; }
figure { margin: 1.5rem 0 2.25rem; max-width: 48rem; }
figcaption { margin: 0 0 .6rem; overflow-wrap: anywhere; }
figcaption b { display: block; }
figure details { font-size: .9375rem; margin-top: .5rem; }
.picture { overflow: hidden; }
.picture text.figures { font-variant-numeric: tabular-nums; fill: var(--dim); font-size: 12px; }
.picture text.strong { font-weight: 600; }
.picture text.catalogue { fill: var(--dim); font-size: 12px; }
.picture text.said-passes { fill: var(--good); font-variant-numeric: tabular-nums; }
.picture text.said-fails { fill: var(--bad); font-variant-numeric: tabular-nums; }
.picture text.said-lost { fill: var(--dim); font-variant-numeric: tabular-nums; }
.open-span { fill: var(--bar); fill-opacity: .3; }
.edge-passes { stroke: var(--good); stroke-width: 1.5; }
.edge-fails { stroke: var(--bad); stroke-width: 1.5; }
.axis { stroke: var(--dim); }
.found-exact { stroke: var(--accent); stroke-width: 2; }
.found-open { stroke: var(--accent); stroke-width: 2; stroke-dasharray: 1 3; }
.documented { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; }
.probe-passes { fill: var(--good); stroke: var(--paper); stroke-width: 1; }
.probe-fails { stroke: var(--bad); stroke-width: 2.5; fill: none; stroke-linecap: round; }
.probe-lost { fill: var(--paper); stroke: var(--dim); stroke-width: 1.5; }
.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
@media (max-width: 40rem) {
  .legend { gap: .25rem .9rem; }
  main { padding: 1rem .75rem 3rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .facts > div { grid-template-columns: 1fr; margin-bottom: .5rem; }
  .pairs th { width: 8rem; }
  .limits { min-width: 44rem; }
  .connections table { min-width: 34rem; }
  .picture text { font-size: 12px; }
  .changed-list ul { columns: auto; overflow-x: auto; font-size: .75rem; }
  .difference, .difference tbody, .difference tr, .difference th:first-child, .difference td { display: block; width: auto; }
  .difference thead { display: none; }
  .difference th[scope=row] { border: 0; padding-bottom: 0; font-weight: 600; }
  .difference td[data-side]::before { content: attr(data-side); display: block; color: var(--dim); font-size: .8125rem; }
  .difference td[data-side=measured] { border: 0; }
}
@page { size: A4; }
@media print {
  section.device + section.device { break-before: page; }
  .wide { overflow: visible; }
  .connections { display: none; }
}
`
