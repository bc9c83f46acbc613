import { describe, expect, it } from 'vitest';
import { chooseRestoreTools } from '../../engine/operations/restore-tools.ts';
import { chooseToolset, type Toolset } from '../../engine/postgres/tools.ts';
import { logicalManifest } from '../fixtures/manifests.ts';

const tools = (major: number, hasServer = true): Toolset => ({ directory: `/${major}`, major, version: `${major}.1`, hasServer });

describe('the programs for a dump', () => {
  it("are of the server's major, else of the next newer one", () => {
    expect(chooseToolset([tools(15), tools(16), tools(17)], { major: 16 }).major).toBe(16);
    expect(chooseToolset([tools(15), tools(17), tools(18)], { major: 16 }).major).toBe(17);
  });

  it('are never older than the server, and the error says what is there', () => {
    expect(() => chooseToolset([tools(15)], { major: 17 })).toThrow(
      expect.objectContaining({ code: 'TOOLS_MISSING', message: expect.stringContaining('here is 15') }),
    );
    expect(() => chooseToolset([], { major: 17 })).toThrow(expect.objectContaining({ message: expect.stringContaining('here is none') }));
  });

  it('have a server beside them where one is needed', () => {
    expect(chooseToolset([tools(17, false), tools(18)], { major: 17, needsServer: true }).major).toBe(18);
  });
});

describe('the programs for a restore', () => {
  const manifest = { ...logicalManifest({ tools: { pg_dump: '15.18' } }), seal: '' };

  it('read the archive and write what the target takes', () => {
    expect(chooseRestoreTools([tools(15), tools(16), tools(17), tools(18)], { manifest, targetMajor: 17 }).major).toBe(17);
    expect(chooseRestoreTools([tools(15), tools(18)], { manifest, targetMajor: 17 }).major).toBe(15);
  });

  it('do not exist for a target older than the dump', () => {
    expect(() => chooseRestoreTools([tools(15)], { manifest, targetMajor: 14 })).toThrow(expect.objectContaining({ code: 'TARGET_UNFIT' }));
  });

  it('may not be newer than the target', () => {
    expect(() => chooseRestoreTools([tools(18)], { manifest, targetMajor: 17 })).toThrow(
      expect.objectContaining({ code: 'TOOLS_MISSING' }),
    );
  });
});
