/** The only style of the page; its digest stands in the policy of the page. */
export const STYLE = `
:root { color: #1b2430; background: #fff; font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0 0.25rem; overflow-wrap: anywhere; }
h2 { border-bottom: 2px solid #c9d2dc; font-size: 1.2rem; margin: 2rem 0 0.75rem; padding-bottom: 0.2rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 0.3rem; overflow-wrap: anywhere; }
p { margin: 0.4rem 0; max-width: 60rem; overflow-wrap: anywhere; }
.about, .none, .key { color: #4a5868; }
.tiles { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); margin: 1rem 0; padding: 0; }
.tiles div { border: 1px solid #c9d2dc; border-left-width: 5px; border-radius: 4px; padding: 0.5rem 0.7rem; }
.tiles dt { color: #4a5868; font-size: 0.85rem; }
.tiles dd { font-size: 1.15rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
.tiles .good { border-left-color: #1a7f4b; }
.tiles .bad { border-left-color: #b3261e; }
.tiles .open { border-left-color: #9a6a00; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.86rem; width: 100%; }
th, td { border-bottom: 1px solid #dde3ea; padding: 0.25rem 0.8rem 0.25rem 0; text-align: left; vertical-align: top; }
th { color: #4a5868; font-weight: 600; }
td { max-width: 26rem; min-width: 2.5rem; overflow-wrap: break-word; }
td:last-child { min-width: 8rem; }
.calendar td:last-child { min-width: 0; }
.whole { white-space: nowrap; }
.key svg { display: inline; vertical-align: middle; }
.calendar { width: auto; }
.calendar th, .calendar td { border: 1px solid #dde3ea; font-size: 0.72rem; max-width: 1.8rem; min-width: 1.5rem; overflow-wrap: normal; padding: 0.1rem; text-align: center; }
.calendar th[scope=row] { font-size: 0.8rem; max-width: 14rem; min-width: 8rem; overflow-wrap: anywhere; padding-right: 0.5rem; text-align: left; }
.calendar small { display: block; font-size: 0.62rem; line-height: 1.1; }
.taken { background: #d5efdf; color: #0c4a2a; }
.late { background: #fdecc4; color: #5a3d00; }
.suspect, .failed, .missed { background: #f9d3d0; color: #6e120c; font-weight: 700; }
.pending, .before-plan { background: #eef1f4; color: #4a5868; }
.plots { display: grid; gap: 0.5rem 1.2rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
figure { break-inside: avoid; margin: 0; }
figcaption { color: #4a5868; font-size: 0.8rem; }
svg { display: block; height: auto; max-width: 100%; }
.answer { font-weight: 600; white-space: nowrap; }
.signature { break-inside: avoid; margin-top: 1rem; }
.signature td { border-bottom: 1px solid #1b2430; height: 2.6rem; }
@page { margin: 12mm; size: A4; }
@media print {
  :root { font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; }
  .tiles { grid-template-columns: repeat(3, 1fr); }
  h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  .wide { overflow: visible; }
  .calendar th, .calendar td { font-size: 6pt; min-width: 4.3mm; padding: 0; }
  .calendar th[scope=row] { font-size: 7pt; max-width: 34mm; min-width: 20mm; }
  .calendar small { font-size: 5pt; }
  .plots { grid-template-columns: repeat(3, 1fr); }
}
@media (max-width: 40rem) {
  body { padding: 0.5rem 0.75rem 2rem; }
  h1 { font-size: 1.35rem; }
}
`;
