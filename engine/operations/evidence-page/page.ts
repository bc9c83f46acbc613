import { createHash } from 'node:crypto';
import type { EvidenceReport } from '../../domain/evidence/report-schema.ts';
import { withPlainLines } from '../../domain/text/plain-text.ts';
import { accesses } from './access-section.ts';
import { alerts } from './alert-section.ts';
import { type Markup, markup, section, showMoment, table, verbatim } from './markup.ts';
import { acts, backups, databases, drills, failures, records, retention } from './sections.ts';
import { standing } from './standing-section.ts';
import { STYLE } from './style.ts';
import { summary } from './summary.ts';

/** Nothing is loaded and no script runs: only the one style that has this digest counts. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** The report as one file of HTML that asks nothing of the network. */
export function renderPage(made: EvidenceReport): string {
  const report = withPlainLines(made);
  const { project, month, isComplete } = report;
  const title = `Backup evidence of ${project}, ${month}`;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${verbatim(STYLE)}</style></head><body>
<header><h1>Backup evidence of ${project}, <span class="whole">${month}</span></h1>
<p class="about">From ${showMoment(report.from)} to ${showMoment(report.to)} UTC${isComplete ? '' : ', which is not over yet'}. Made ${showMoment(report.generatedAt)} UTC by ${report.generatedBy.name} on ${report.generatedBy.host} with Holdfast ${report.holdfastVersion}. Report ${report.id}.</p>
<p class="about">Read from ${report.repositories.map(({ name, location }) => `${name} (${location})`).join(', ')}. No row and no value of a database is in this report.</p></header>
<main>${summary(report)}
${backups(report)}${failures(report)}${standing(report)}${alerts(report)}${databases(report)}${drills(report)}${retention(report)}${acts(report)}${accesses(report)}${records(report)}${checklists(report)}${notShown(report)}${signOff(report)}
</main></body></html>
`.toString();
}

function checklists({ checklists: all }: EvidenceReport): Markup {
  return section(
    'HIPAA checklists of the guides',
    all.map(
      ({ guide, lines }) =>
        markup`<h3>${guide}</h3>${table(
          ['line', 'answer', 'evidence'],
          lines.map(({ line, answer, evidence }) => [
            line,
            markup`<span class="answer">${answer}</span>`,
            evidence,
          ]),
          { none: '' },
        )}`,
    ),
  );
}

function notShown({ notShown: all }: EvidenceReport): Markup {
  return section(
    'What this report does not show',
    markup`<ul>${all.map((text) => markup`<li>${text}</li>`)}</ul>`,
  );
}

function signOff({ id, month }: EvidenceReport): Markup {
  const lines = ['Prepared by', 'Reviewed by', 'HIPAA security officer'];
  return section(
    'Sign-off',
    markup`<p>The files ${id}.html and ${id}.json are named by their SHA-256 in the signed statement ${id}.dsse.json beside them: <code>holdfast report verify ${month}</code>, or docs/EVIDENCE.md for tools of others.</p>
<table class="signature"><thead><tr><th scope="col">role</th><th scope="col">name</th><th scope="col">date</th><th scope="col">signature</th></tr></thead><tbody>${lines.map(
      (role) => markup`<tr><td>${role}</td><td></td><td></td><td></td></tr>`,
    )}</tbody></table>`,
  );
}
