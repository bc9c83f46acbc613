/** Where a byte that is not UTF-8 goes: a lone surrogate, which no text in UTF-8 can hold. */
const ESCAPED = 0xdc00;
const ESCAPED_BYTE = /[\udc80-\udcff]/u;

/**
 * Text without any loss: two texts are equal exactly when their bytes are, also where the bytes are
 * not UTF-8 (a database in LATIN1 or SQL_ASCII). encodeBytes() gives the bytes back.
 */
export function decodeBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : ESCAPED + byte)).join(
    '',
  );
}

export function encodeBytes(text: string): Buffer {
  if (isUtf8(text)) return Buffer.from(text, 'utf8');
  return Buffer.from([...text].map((character) => character.charCodeAt(0) & 0xff));
}

/** Whether a text from decodeBytes() was UTF-8. */
export function isUtf8(text: string): boolean {
  return !ESCAPED_BYTE.test(text);
}
