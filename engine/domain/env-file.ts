const NAME = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)[ \t]*=/;

/**
 * NAME=value lines as shells and compose read them: `export` may stand before a name, quotes may
 * hold anything, line breaks too, and a # begins a comment only at the start of a line or after a
 * blank, so that `Some#Pass` is whole. In double quotes \n is a line break. The last value counts.
 */
export function parseEnvFile(text: string): Record<string, string> {
  const variables: Record<string, string> = Object.create(null);
  let rest = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  while (rest !== '') {
    const [head = '', name] = NAME.exec(rest) ?? [];
    if (name === undefined) {
      rest = afterLine(rest);
      continue;
    }
    const value = valueAt(rest.slice(head.length));
    variables[name] = value.text;
    rest = afterLine(value.rest);
  }
  return variables;
}

function afterLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? '' : text.slice(end + 1);
}

/** The value that the text begins with, and what follows it. */
function valueAt(text: string): { text: string; rest: string } {
  const quoted = /^[ \t]*(["'`])([\s\S]*?)\1/.exec(text);
  if (quoted !== null) {
    const [whole, quote, inside = ''] = quoted;
    return {
      text: quote === '"' ? inside.replaceAll('\\n', '\n') : inside,
      rest: text.slice(whole.length),
    };
  }
  const [line = ''] = /^[^\n]*/.exec(text) ?? [];
  return { text: line.replace(/\s#.*$/, '').trim(), rest: text.slice(line.length) };
}
