import { html, raw } from 'hono/html';

/** Text of HTML in which everything that was put in is escaped, unless it is of this kind already. */
export type Markup = ReturnType<typeof raw>;

/** Text of ours that is HTML already. */
export const verbatim: (text: string) => Markup = raw;

/** A template of HTML or SVG: each value is escaped, and a list of markup is put in as it is. */
export function markup(strings: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  const made = html(strings, ...values);
  if (made instanceof Promise) throw new TypeError('a value of the page is a promise');
  return made;
}

/** A table with its head; nothing but a sentence where it has no row. */
export function table(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  { none }: { none: string },
): Markup {
  if (rows.length === 0) return markup`<p class="none">${none}</p>`;
  return markup`<div class="wide"><table><thead><tr>${head.map(
    (text) => markup`<th scope="col">${text}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

export function section(title: string, ...parts: readonly unknown[]): Markup {
  return markup`<section><h2>${title}</h2>
${parts}
</section>
`;
}

/** The same on one line, for a cell. */
export function moment(iso: string | null): Markup {
  return markup`<span class="whole">${showMoment(iso)}</span>`;
}

/** `2026-11-22 02:00`, UTC. */
export function showMoment(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 16).replace('T', ' ');
}
