/** Deeper than any manifest or mark; code that walks a document recursively must never meet more. */
const MAX_DEPTH = 64;
/** Objects and arrays; a manifest has one for each table and each stored object. */
const MAX_CONTAINERS = 1_000_000;

export type ParsedDocument = { value: unknown } | { fault: string };

/**
 * JSON that anybody may have written. Depth and size are checked on the bytes, before anything recursive sees the value:
 * parsing sixty million brackets alone takes half a minute.
 */
export function parseDocument(content: Uint8Array): ParsedDocument {
  const fault = structureFault(content);
  if (fault !== undefined) return { fault };
  const text = decode(content);
  if (text === undefined) return { fault: 'it is not UTF-8' };
  try {
    const value: unknown = JSON.parse(text);
    const found = valueFault(value);
    return found === undefined ? { value } : { fault: found };
  } catch {
    return { fault: 'it is not JSON' };
  }
}

function decode(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] =
  Buffer.from('"\\[]{}');

/** Brackets outside of strings. Every byte of a character beyond ASCII is above 127, so bytes are enough. */
function structureFault(content: Uint8Array): string | undefined {
  let depth = 0;
  let containers = 0;
  let isInString = false;
  for (let index = 0; index < content.length; index++) {
    const byte = content[index];
    if (isInString) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      containers++;
      if (++depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
      if (containers > MAX_CONTAINERS)
        return `it has more than ${MAX_CONTAINERS} objects and arrays`;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return undefined;
}

/** What JSON allows and canonical JSON has no form for, and what would change the prototype of a copy. */
function valueFault(value: unknown): string | undefined {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one === 'number' && !Number.isFinite(one))
      return 'it holds a number that is too large';
    if (typeof one !== 'object' || one === null) continue;
    if (!Array.isArray(one) && Object.hasOwn(one, '__proto__'))
      return 'it has a member called __proto__';
    for (const member of Object.values(one)) open.push(member);
  }
  return undefined;
}
