const PLAIN = /^[\w@%+=:,./-]+$/;

/** One word of a POSIX shell. */
export function quoteForShell(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** One word of ExecStart= and Environment= of systemd, whose specifiers (%) and variables ($) are not meant. */
export function quoteForSystemd(word: string): string {
  const literal = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return PLAIN.test(word) ? literal : `"${literal}"`;
}

/** `$` is doubled in ExecStart= only. */
export function quoteForExecStart(word: string): string {
  return quoteForSystemd(word).replaceAll('$', '$$$$');
}

/**
 * An argument in a .cmd file. The program that is run takes a backslash before a quote as its escape,
 * so these are doubled (CommandLineToArgvW).
 */
export function quoteArgumentForCmd(word: string): string {
  return quoteForCmd(word.replaceAll(/\\+(?="|$)/g, '$&$&'));
}

/** One word of a .cmd file, where a percent sign stands doubled. */
export function quoteForCmd(word: string): string {
  return `"${word.replaceAll('"', '""').replaceAll('%', '%%')}"`;
}
