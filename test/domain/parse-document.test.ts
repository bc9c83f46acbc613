import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../engine/domain/set/parse-document.ts';

const parse = (text: string) => parseDocument(Buffer.from(text));

describe('a document that anybody may have written', () => {
  it.each([
    ['brackets without end', '['.repeat(50_000_000), 'nested deeper than 64 levels'],
    ['objects in objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'nested deeper'],
    ['millions of arrays', `[${'[],'.repeat(1_000_001)}1]`, 'more than 1000000 objects'],
    ['a number without end', '{"a":[1e999]}', 'a number that is too large'],
    ['a prototype', '{"a":{"__proto__":{"b":1}}}', 'a member called __proto__'],
    ['half of it', '{"half":', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['an order of bytes', '\uFEFF{}', 'not JSON'],
  ])('is refused before anything recursive sees it: %s', (_what, text, fault) => {
    expect(parse(text)).toEqual({ fault: expect.stringContaining(fault) });
  });

  it('is refused where it is not UTF-8', () => {
    expect(parseDocument(Buffer.from('{"a":"\xff"}', 'latin1'))).toEqual({
      fault: 'it is not UTF-8',
    });
  });

  it('is read where its strings hold brackets and quotes', () => {
    const value = { a: `${'['.repeat(100)}\\"${'{'.repeat(100)}`, b: 'ä\u0000', c: [[1.5e300]] };
    expect(parse(JSON.stringify(value))).toEqual({ value });
  });
});
