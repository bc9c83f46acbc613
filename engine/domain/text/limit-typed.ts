const LONGEST = 200;

/** A login in a URL whose password has blanks or other characters that no URL has. */
const TYPED_LOGIN = /:\/\/?[^@:]*(:.+@)/s;

/** The text, which repeats at most 200 characters of each typed word and no password of a URL. */
export function limitTyped(text: string, typed: readonly string[]): string {
  const words = typed
    .flatMap((word) => [word, word.slice(word.indexOf('=') + 1)])
    .flatMap((word) => [word, word.replaceAll(/\/+/g, '/')]);
  const logins = words.flatMap((word) => TYPED_LOGIN.exec(word)?.[1] ?? []);
  const hidden = logins.reduce((shown, login) => shown.replaceAll(login, ':…@'), text);
  return words
    .filter(({ length }) => length > LONGEST)
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, word) => shown.replaceAll(word, `${word.slice(0, LONGEST - 1)}…`), hidden);
}
