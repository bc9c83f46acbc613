/**
 * Up to the last @ of the word: a password that is not percent-encoded may itself hold one. A URL that
 * was taken for a path has lost one of its slashes.
 */
const LOGIN_IN_URL = /(:\/\/?[^\s@:]*:)\S*@/g;

/** `password=...` of a URL, a connection string, an environment variable or an option. */
const PASSWORD_SETTING = /([\w-]*password=)('(?:[^'\\]|\\.)*'|[^\s&'"`]+)/gi;

/** The text without the passwords of URLs and connection strings, wherever somebody typed them. */
export function redactSecrets(text: string): string {
  return text.replace(LOGIN_IN_URL, '$1…@').replace(PASSWORD_SETTING, '$1…');
}
