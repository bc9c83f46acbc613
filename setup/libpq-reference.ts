import {
  LIBPQ_PARAMETERS,
  type LibpqParameter,
} from '../engine/config/environment/libpq-parameters.ts';

const BEGIN = '<!-- libpq: begin (node setup/config-reference.ts writes this table) -->';
const END = '<!-- libpq: end -->';

/** docs/CONFIG.md with a fresh table of libpq's parameters. @throws Error when it has not the two marks. */
export function withLibpqParameters(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/CONFIG.md needs the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${renderTable()}\n\n${document.slice(end)}`;
}

function renderTable(): string {
  const rows = LIBPQ_PARAMETERS.map(
    ({ keyword, variable, ...rest }) =>
      `| ${code(keyword)} | ${code(variable)} | ${meaningOf(rest)} |`,
  );
  return ['| parameter | variable | Holdfast |', '| --- | --- | --- |', ...rows].join('\n');
}

function code(name: string | undefined): string {
  return name === undefined ? '' : `\`${name}\``;
}

function meaningOf({ treatment, accepted, note }: LibpqParameter): string {
  const what =
    treatment === 'limited'
      ? `refused unless it is ${(accepted ?? []).map(code).join(' or ')}`
      : treatment === 'ours'
        ? 'set by Holdfast'
        : treatment;
  return note === undefined ? what : `${what}: ${note}`;
}
