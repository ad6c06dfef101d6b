/** Rules of the pages about devices, beside those of the shell. */
export const devicePageStyles = `.layers { list-style: none; padding: 0; }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2rem; padding: .75rem 1rem; background: var(--panel);
  border-radius: .3rem; }
.figures b { font-size: 1.15rem; }
.figures svg { width: 100%; height: 6px; margin-top: .25rem; border-radius: 3px; }
.value { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 0 1.25rem; padding: .7rem 0;
  border-bottom: 1px solid var(--line); break-inside: avoid; }
.value:has(.coded) { break-inside: auto; }
.value p { margin: .15rem 0 0; overflow-wrap: anywhere; }
.value pre { margin: .35rem 0; }
.value figure { margin: .6rem 0; max-width: 40rem; }
.name { color: var(--dim); }
.figure { font-weight: 600; overflow-wrap: anywhere; }
.from { font-size: .875rem; }
.coded { margin: 0; padding-left: 2rem; columns: 22rem; column-gap: 2rem; }
.coded li::marker { color: var(--dim); font-size: .8125rem; }
.coded li { break-inside: avoid; }
.legend { font-size: .875rem; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.legend > span { display: flex; align-items: center; gap: .4rem; }
.key { width: 1.5rem; height: .8rem; border: 1px solid var(--line); }
.key.pass { background: var(--good); }
.key.unseen { background: var(--panel); }
.key.fail { background: repeating-linear-gradient(135deg, var(--bad) 0 3px, var(--bad-soft) 3px 7px); }
.key.line { width: 0; height: 1rem; border: 0; border-left: 3px solid var(--ink); }
.defs { position: absolute; }
svg .way { fill: var(--dim); }
svg .good { fill: var(--good); } svg .bad { fill: var(--bad); }
.questions th { width: 12rem; }
.sources { padding-left: 2.25rem; overflow-wrap: anywhere; font-size: .9375rem; }
.sources li:target, .value:target { background: var(--open-soft); }
@media (max-width: 40rem) { .value { grid-template-columns: 1fr; } .questions th { width: 8rem; } }
`
